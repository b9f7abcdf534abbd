"""What a dataset is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from seqvision.data.rows import Rows, blocks_of, taken
from seqvision.data.series import Series
from seqvision.errors import DataError

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Training images and labels, test images and labels."""
Pair = tuple[np.ndarray, np.ndarray]
"""Images and labels."""


@dataclass(frozen=True)
class Split:
    """Samples, their labels `(n,)`, and the group that each belongs to, if any, `(n,)`.

    Samples are images `(n, height, width[, channels])`, uint8 or float32 in 0..255, or `Series`.
    Images in a file are `Rows`, which stand for an array: each index makes a copy of what it takes.
    """

    samples: np.ndarray | Series
    labels: np.ndarray
    groups: np.ndarray | None = None
    """What each sample comes from, such as a person or a machine, as whole numbers. No split has
    some of a group on each side."""

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def images(self) -> np.ndarray:
        """The samples, which must be images.

        Raises:
            DataError: they are series.
        """
        if isinstance(self.samples, Series):
            raise DataError("the samples are series, and this is for images")
        return self.samples

    @property
    def series(self) -> Series:
        """The samples, which must be series.

        Raises:
            DataError: they are images.
        """
        if not isinstance(self.samples, Series):
            raise DataError("the samples are images, and this is for series")
        return self.samples

    def joined(self, other: "Split") -> "Split":
        """These samples, then the other's."""
        if isinstance(self.samples, (Series, Rows)):
            joined: Any = self.samples.joined  # Samples of a dataset are of one kind.
            samples = joined(other.samples)
        else:
            samples = np.concatenate([self.samples, other.samples])
        groups = None
        if self.groups is not None and other.groups is not None:
            groups = np.concatenate([self.groups, other.groups])
        return Split(samples, np.concatenate([self.labels, other.labels]), groups)

    def take(self, index: np.ndarray) -> "Split":
        """The samples at the indices `(m,)`."""
        groups = None if self.groups is None else self.groups[index]
        return Split(taken(self.samples, index), self.labels[index], groups)


@dataclass(frozen=True)
class Dataset:
    """Training and test samples of one kind, checked."""

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    """Where the samples came from, in words."""
    validation: Split | None = None
    """The dataset's own validation samples, if it has any."""
    scale: str | None = "0..255"
    """The values of black and white in the source; here they are 0 and 255. None of series."""
    notes: tuple[str, ...] = ()
    """What was decided while the samples were read, in sentences."""
    stands_in_for: str | None = None
    """The dataset that was asked for, when this one took its place."""
    relative_size: float = 1.0
    """The size of this training set as a share of that of the one it stands in for."""
    features: tuple[str, ...] | None = None
    """The names of the features of series, in their order; None if the source names none."""
    drawn_from: str | None = None
    """The checksum of the dataset as it came, if training and test samples were drawn anew."""

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def kind(self) -> Literal["image", "series"]:
        """What a sample is."""
        return "series" if isinstance(self.train.samples, Series) else "image"

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """`(height, width)` or `(height, width, channels)` of images, `(None, features)` of series.

        None stands for a number of steps that differs from series to series.
        """
        return tuple(self.train.samples.shape[1:])

    @property
    def parts(self) -> dict[str, Split]:
        """The parts that there are, by `training`, `test` and `validation`."""
        every = {"training": self.train, "test": self.test, "validation": self.validation}
        return {part: split for part, split in every.items() if split is not None}

    @cached_property
    def checksum(self) -> str:
        """The SHA-256 of all samples, labels and groups with their shapes and types, in hex."""
        splits = list(self.parts.values())
        samples: Any = [split.samples for split in splits]
        first = samples[0]
        one_array = all(isinstance(each, Rows) and each.array is first.array for each in samples)
        if not one_array or not first.remembered:
            return _digest(splits)
        # Which rows they are says as much, and these are not read.
        chosen = [
            replace(split, samples=rows.index) for split, rows in zip(splits, samples, strict=True)
        ]
        return first.remembered(f"checksum of {_digest(chosen)}", lambda: _digest(splits))


def _digest(splits: Sequence[Split]) -> str:
    digest = hashlib.sha256()
    for split in splits:
        for array in _arrays_of(split):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            for block in blocks_of(array):
                digest.update(np.ascontiguousarray(block).data)
    return digest.hexdigest()


def _arrays_of(split: Split) -> list[np.ndarray]:
    samples = split.samples
    arrays = [samples.values, samples.lengths] if isinstance(samples, Series) else [samples]
    return [*arrays, split.labels, *([] if split.groups is None else [split.groups])]
