"""The `tune` section: what a search may change, which oracle proposes, which metric judges."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from seqvision.config.oracles import Bayesian, Hyperband, Oracle
from seqvision.config.section import EachOnce, Section, Seeds
from seqvision.config.space import Space
from seqvision.metrics import ValidationMetric
from seqvision.options import PositiveInt

MOST_TRIALS = 100_000
"""A search of more would never end."""


class MedianStop(Section):
    """Ends a run whose objective, after an epoch, is worse than the median of other trials'."""

    trials: PositiveInt = 5
    """How many trials must have finished before any is judged."""
    epochs: PositiveInt = 1
    """How many epochs each run trains before it is judged."""


class Tune(Section):
    """What `seqvision tune` does."""

    oracle: Oracle = Bayesian(name="bayesian")
    trials: Annotated[PositiveInt, Field(le=MOST_TRIALS)] | None = None
    """When not given: 20; the whole grid; one pass of Hyperband's brackets."""
    objective: ValidationMetric = "val_accuracy"
    """What judges a trial: a metric of the validation samples; `val_loss` is the log-loss."""
    seeds: Annotated[Annotated[PositiveInt, Field(le=1000)] | Seeds, EachOnce] = Field(default=[0])
    """The seeds of every trial, or how many; the oracle is told the mean over them."""
    median_stop: MedianStop | None = None
    space: Space

    @property
    def each_seed(self) -> list[int]:
        return list(range(self.seeds)) if isinstance(self.seeds, int) else self.seeds

    @field_validator("median_stop", mode="before")
    @classmethod
    def _true_is_enough(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _fits_hyperband(self) -> Self:
        if isinstance(self.oracle, Hyperband):
            if "train.epochs" in self.space or "train.stop_after" in self.space:
                raise ValueError("hyperband chooses the epochs itself: take them out of the space")
            if self.median_stop:
                raise ValueError("hyperband stops trials itself: take median_stop out")
        return self
