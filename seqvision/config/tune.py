"""The `tune` section: what a search may change, who proposes, and by what a trial is judged."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from seqvision.config.section import Section, Seed, Seeds
from seqvision.errors import did_you_mean
from seqvision.options import OptionError, PositiveFloat, PositiveInt, option_error

Objective = Literal["val_accuracy", "val_error", "val_loss"]
"""A metric of the validation images."""
DIRECTIONS = {"val_accuracy": "max", "val_error": "min", "val_loss": "min"}
"""Which way each objective is good."""


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
    """Trials drawn at random before the process is asked; three a parameter when not given."""
    beta: PositiveFloat = 2.6
    """How much uncertainty counts against the value expected: more explores more."""
    alpha: PositiveFloat = 1e-4
    """The noise of a trial's value, as a share of the variance over all trials."""


class Hyperband(Section):
    """Many trials of few epochs, of which the best go on (Li et al., arXiv 1603.06560).

    `train.epochs` is what the best are given in the end. A learning-rate schedule spans them from
    the beginning on.
    """

    name: Literal["hyperband"]
    seed: Seed = 0
    factor: Annotated[int, Field(ge=2)] = 3
    """One of so many trials goes on, with so many times the epochs."""


Oracle = Annotated[RandomSearch | GridSearch | Bayesian | Hyperband, Field(discriminator="name")]
ORACLES = ("random", "grid", "bayesian", "hyperband")


class MedianStop(Section):
    """Ends a run whose objective, after an epoch, is worse than the median of other trials'."""

    trials: PositiveInt = 5
    """Trials that ended whole before any is judged."""
    epochs: PositiveInt = 1
    """Epochs that each run is given before it is judged."""


When = Annotated[dict[str, Any], Field(min_length=1)]
"""Parameters that stand above, and the value, or list of values, of each that this one needs."""


class Choice(Section):
    """One of several values of any kind."""

    choice: Annotated[list[Any], Field(min_length=1)]
    when: When | None = None

    @field_validator("choice")
    @classmethod
    def _different_values(cls, choice: list[Any]) -> list[Any]:
        for place, value in enumerate(choice):
            if value in choice[:place]:
                raise ValueError(f"{value!r} is listed twice")
        return choice


class Range(Section):
    """A number from a range, both ends included."""

    step: Any
    log: bool = False
    """Spread evenly in the logarithm; `step` is then a factor."""
    when: When | None = None

    @property
    def bounds(self) -> tuple[Any, Any]:
        raise NotImplementedError

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        low, high = self.bounds
        if not low < high:
            raise ValueError(f"the lower end comes first and is smaller, got {[low, high]}")
        if self.log and low <= 0:
            raise ValueError(f"on a logarithmic scale a range begins above 0, got {low}")
        if self.log and self.step is not None and self.step <= 1:
            raise ValueError(f"with log, step is a factor above 1, got {self.step}")
        return self


class IntRange(Range):
    """A whole number from a range, both ends included."""

    ends: Annotated[list[int], Field(min_length=2, max_length=2, alias="int")]
    step: PositiveInt | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        return self.ends[0], self.ends[1]


class FloatRange(Range):
    """A number from a range, both ends included."""

    ends: Annotated[
        list[Annotated[float, Field(allow_inf_nan=False)]],
        Field(min_length=2, max_length=2, alias="float"),
    ]
    step: PositiveFloat | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        return self.ends[0], self.ends[1]


class Boolean(Section):
    """True or false."""

    boolean: Literal[True]
    when: When | None = None


class Fixed(Section):
    """One value, such as one that goes with a choice."""

    fixed: Any
    when: When | None = None


KINDS: dict[str, type[Section]] = {
    "choice": Choice,
    "int": IntRange,
    "float": FloatRange,
    "boolean": Boolean,
    "fixed": Fixed,
}


def _kind(spec: Any) -> str:
    """The tag of what a config holds, or of a parameter that is to be written."""
    if isinstance(spec, Section):
        return f"[{next(kind for kind, section in KINDS.items() if isinstance(spec, section))}]"
    return f"[{next(kind for kind in KINDS if kind in spec)}]"


# The brackets keep pydantic's words for the branches out of the paths that a person reads.
Parameter = Annotated[
    Annotated[Choice, Tag("[choice]")]
    | Annotated[IntRange, Tag("[int]")]
    | Annotated[FloatRange, Tag("[float]")]
    | Annotated[Boolean, Tag("[boolean]")]
    | Annotated[Fixed, Tag("[fixed]")],
    Discriminator(_kind),
]


class Tune(Section):
    """What `seqvision tune` does."""

    oracle: Oracle = Bayesian(name="bayesian")
    trials: PositiveInt | None = None
    """When not given: 20; the whole grid; one pass of Hyperband's brackets."""
    objective: Objective = "val_accuracy"
    seeds: PositiveInt | Seeds = Field(default=[0])
    """The seeds of every trial, or how many; the oracle is told the mean over them."""
    median_stop: MedianStop | None = None
    space: dict[str, Parameter]

    @property
    def each_seed(self) -> list[int]:
        return list(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    @field_validator("oracle", mode="before")
    @classmethod
    def _known_oracle(cls, value: Any) -> Any:
        spec = {"name": value} if isinstance(value, str) else value
        with option_error():
            if not isinstance(spec, dict) or not isinstance(name := spec.get("name"), str):
                raise OptionError((), "expected a name, or a mapping with `name:`")
            if name not in ORACLES:
                path = () if isinstance(value, str) else ("name",)
                near = did_you_mean(name, ORACLES)
                raise OptionError(path, f"unknown oracle {name!r}{near} ({', '.join(ORACLES)})")
        return spec

    @field_validator("median_stop", mode="before")
    @classmethod
    def _true_is_enough(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    @field_validator("seeds")
    @classmethod
    def _different_seeds(cls, seeds: Any) -> Any:
        if isinstance(seeds, list) and len(set(seeds)) < len(seeds):
            raise ValueError("a seed is listed twice")
        return seeds

    @field_validator("space", mode="before")
    @classmethod
    def _of_known_kinds(cls, space: Any) -> Any:
        with option_error():
            if not isinstance(space, dict) or not space:
                example = "model.dropout: {float: [0.0, 0.5]}"
                raise OptionError((), f"needs at least one parameter, such as `{example}`")
            return {path: _of_known_kind(path, spec) for path, spec in space.items()}

    @field_validator("space")
    @classmethod
    def _can_be_searched(cls, space: dict[str, Any]) -> dict[str, Any]:
        with option_error():
            above: dict[str, Any] = {}
            for path, parameter in space.items():
                _check_path(path, above)
                for parent, value in (parameter.when or {}).items():
                    _check_when(path, parent, value, above)
                above[path] = parameter
        return space

    @model_validator(mode="after")
    def _fits_hyperband(self) -> Self:
        if isinstance(self.oracle, Hyperband):
            if "train.epochs" in self.space or "train.stop_after" in self.space:
                raise ValueError("hyperband chooses the epochs itself: take them out of the space")
            if self.median_stop:
                raise ValueError("hyperband stops trials itself: take median_stop out")
        return self


def needed(parameter: Any, space: dict[str, Any]) -> dict[str, list[Any]]:
    """The values of other parameters, of each any one, with which a parameter is in use."""
    return {
        parent: [value] if value in values(space[parent]) else value
        for parent, value in (parameter.when or {}).items()
    }


def values(parameter: Any) -> list[Any]:
    """What a parameter that others may depend on can be."""
    match parameter:
        case Choice():
            return parameter.choice
        case Boolean():
            return [True, False]
        case Fixed():
            return [parameter.fixed]
    return []


def _of_known_kind(path: str, spec: Any) -> Any:
    if spec == "boolean":
        return {"boolean": True}
    kinds = [kind for kind in KINDS if isinstance(spec, dict) and kind in spec]
    if len(kinds) != 1:
        raise OptionError(
            (path,), f"expected one of {', '.join(KINDS)}, such as {{choice: [gru, lstm]}}"
        )
    section = KINDS[kinds[0]]
    known = [field.alias or name for name, field in section.model_fields.items()]
    for key in spec:
        if key not in known:
            near = did_you_mean(str(key), known)
            raise OptionError((path, key), f"unknown key {key!r}{near} (known: {', '.join(known)})")
    return spec


_NOT_OF_A_RUN = {"name", "description", "grid", "tune"}


def _check_path(path: str, above: dict[str, Any]) -> None:
    if not all(path.split(".")):
        raise OptionError((path,), "expected a path such as model.dropout")
    if path.partition(".")[0] in _NOT_OF_A_RUN or path == "train.seeds":
        raise OptionError((path,), "does not change what a run of a seed ends with")
    for other in above:
        if other.startswith(f"{path}."):
            raise OptionError((path,), f"replaces what {other} sets: put it above that")


def _check_when(path: str, parent: str, value: Any, above: dict[str, Any]) -> None:
    place = (path, "when", parent)
    if parent not in above:
        near = did_you_mean(parent, above)
        raise OptionError(place, f"{parent} is not a parameter that stands above{near}")
    known = values(above[parent])
    if not known:
        raise OptionError(place, f"{parent} is a range; only choices decide what is in use")
    if value in known:
        return
    if not isinstance(value, list) or not value or not all(each in known for each in value):
        raise OptionError(place, f"{parent} is never {value!r} (it is one of: {known})")
