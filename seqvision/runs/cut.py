"""Cuts long series as a model's input would, before they are padded to batches."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seqvision.data.base import Dataset, Split
from seqvision.data.series import Series
from seqvision.errors import DataError
from seqvision.specs import name_and_options


@dataclass(frozen=True)
class Cut:
    """The most steps that are read of a series, and which; None reads all."""

    steps: int | None = None
    keep: str = "head"

    @property
    def window(self) -> int | None:
        """The steps of a random window in training; None if the same steps are read each time."""
        return self.steps if self.keep == "window" else None

    def of(self, split: Split, training: bool = False) -> Split:
        """A split whose series are no longer than is read.

        Args:
            training: leave them whole if windows are drawn from them.

        Raises:
            DataError: nothing was observed in what is left of one.
        """
        if not isinstance(split.samples, Series) or not self.steps or (training and self.window):
            return split
        samples = split.samples.cut(self.steps, self.keep)
        if len(empty := np.flatnonzero(samples.lengths == 0)):
            raise DataError(
                f"model.input.max_steps: nothing was observed in the {self.keep} of {self.steps:,} "
                f"steps of {len(empty):,} series, such as one of "
                f"{split.samples.lengths[empty[0]]:,} steps"
            )
        return replace(split, samples=samples)

    def described(self, dataset: Dataset) -> dict[str, Any]:
        """What a record says of it: how many series were cut, and the share of steps left out."""
        lengths = np.concatenate([part.series.lengths for part in dataset.parts.values()])
        over = np.maximum(lengths - self.steps, 0) if self.steps else np.zeros(1)
        said = {"max_steps": self.steps, "keep": self.keep, "series": int((over > 0).sum())}
        return {**said, "share_of_steps": float(over.sum() / lengths.sum())}


def cut_of(model: dict[str, Any]) -> Cut:
    """The cut that the `input` of a `model` section asks for."""
    _, options = name_and_options(model.get("input") or "series")
    return Cut(options.get("max_steps"), options.get("keep", "head"))
