"""Who proposes the trials of a search."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from seqvision.config.section import Section, Seed
from seqvision.errors import did_you_mean
from seqvision.options import PositiveFloat, PositiveInt
from seqvision.specs import OptionError, option_error


class RandomSearch(Section):
    """Points drawn at random, none twice (Bergstra & Bengio 2012)."""

    name: Literal["random"]
    seed: Seed = 0


class GridSearch(Section):
    """Every combination in order; of a range without `step` its lower end and ten points."""

    name: Literal["grid"]


class Bayesian(Section):
    """A Gaussian process of the trials so far says where to look (arXiv 1206.2944)."""

    name: Literal["bayesian"]
    seed: Seed = 0
    initial_points: PositiveInt | None = None
    """Trials drawn at random before the process proposes any; three a parameter when not given."""
    beta: PositiveFloat = 2.6
    """How much uncertainty counts against the value expected: more explores more."""
    alpha: PositiveFloat = 1e-4
    """The noise of a trial's value, as a share of the variance over all trials."""


class Hyperband(Section):
    """Many trials of few epochs, of which the best go on (Li et al., arXiv 1603.06560).

    The best get all of `train.epochs`, which a learning-rate schedule spans in every trial.
    """

    name: Literal["hyperband"]
    seed: Seed = 0
    factor: Annotated[int, Field(ge=2)] = 3
    """One in `factor` trials goes on, with `factor` times the epochs."""


ORACLES = ("random", "grid", "bayesian", "hyperband")


def _known(value: Any) -> Any:
    """The spec of a known oracle as a mapping; its name alone will do."""
    spec = {"name": value} if isinstance(value, str) else value
    with option_error():
        if not isinstance(spec, dict) or not isinstance(name := spec.get("name"), str):
            raise OptionError((), "expected a name, or a mapping with `name:`")
        if name not in ORACLES:
            path = () if isinstance(value, str) else ("name",)
            near = did_you_mean(name, ORACLES)
            raise OptionError(path, f"unknown oracle {name!r}{near} ({', '.join(ORACLES)})")
    return spec


Oracle = Annotated[
    RandomSearch | GridSearch | Bayesian | Hyperband,
    Field(discriminator="name"),
    BeforeValidator(_known),
]
