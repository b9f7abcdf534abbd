"""What a dataset is, and the checks that every one passes."""

import hashlib
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seqvision.data.channels import channels_last
from seqvision.data.labels import check_classes, numbered
from seqvision.data.notes import Notes
from seqvision.data.pixels import scaled
from seqvision.data.rows import Rows, blocks_of, taken
from seqvision.data.series import Series
from seqvision.data.split import stratified
from seqvision.data.whole_groups import numbered_groups
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


def make_dataset(
    name: str,
    arrays: Arrays | Pair,
    source: str,
    class_names: tuple[str, ...] | None = None,
    *,
    validation: Pair | None = None,
    test: float | None = None,
    pixels: str = "auto",
    groups: Mapping[str, np.ndarray | None] | None = None,
    notes: Notes | None = None,
) -> Dataset:
    """Return a dataset after a check that its arrays fit together.

    Args:
        arrays: training images and labels, test images and labels; or images and labels alone.
            Images are `(n, height, width[, channels])` or `(n, channels, height, width)`.
        source: where they came from, in words.
        class_names: what labels from 0 stand for; the labels' own values if not given.
        validation: the images and labels of a validation part, if there is one.
        test: the share of each class that is held out if there are no test images; a fifth if not
            given.
        pixels: the values of black and white, `0..1`; `auto` infers them from all pixels.
        groups: what each image comes from, such as a person, `(n,)`, by `training`, `test` and
            `validation`; no split divides them.
        notes: what was decided so far.

    Raises:
        DataError: it says which part is wrong and how.
    """
    notes = notes or Notes(source)
    parts: dict[str, Pair] = {"training": arrays[:2]}
    if validation is not None:
        parts["validation"] = validation
    if len(arrays) == 4:
        parts["test"] = arrays[2:]
    images = {part: channels_last(x, source, part, notes) for part, (x, _) in parts.items()}
    for part, (x, y) in parts.items():
        if y.shape[:1] != (len(x),):
            raise DataError(f"{source}: {len(x)} {part} images, but labels of {y.shape}")
    images, scale = scaled(images, pixels, source, notes)
    numbers = numbered_groups({part: (groups or {}).get(part) for part in parts}, notes)
    splits = {part: Split(images[part], y, numbers.get(part)) for part, (_, y) in parts.items()}
    return assembled(name, splits, source, class_names, test=test, scale=scale, notes=notes)


def assembled(
    name: str,
    splits: dict[str, Split],
    source: str,
    class_names: tuple[str, ...] | None,
    *,
    test: float | None,
    scale: str | None,
    notes: Notes,
    features: tuple[str, ...] | None = None,
) -> Dataset:
    """Return a dataset of checked samples, whose labels are of any kind.

    Args:
        splits: `training`, and `test` and `validation` if there are any.
        test: the share of each class that is held out if there is no `test`.
        features: the names of the features of series, if they have names.

    Raises:
        DataError: the parts do not fit together.
    """
    labels, class_names = numbered(
        {part: split.labels for part, split in splits.items()}, class_names, source, notes
    )
    splits = {part: replace(split, labels=labels[part]) for part, split in splits.items()}
    if "test" not in splits:
        splits |= _held_out(splits["training"], 0.2 if test is None else test, source)
    elif test is not None:
        count = len(splits["test"])
        notes.warning(f"its own {count:,} samples are tested with, whatever `test` is")
    for part, split in splits.items():
        if (shape := split.samples.shape[1:]) != (expected := splits["training"].samples.shape[1:]):
            raise DataError(f"{source}: training samples are {expected}, {part} samples {shape}")
    check_classes({p: s.labels for p, s in splits.items()}, class_names, source, notes)
    _note_cut_groups(splits, notes)
    if own := splits.get("validation"):
        notes.info(
            f"its own {len(own):,} samples are used for validation, and all training samples to "
            "train on, whatever `data.validation` is"
        )
    return Dataset(
        name,
        splits["training"],
        splits["test"],
        class_names,
        source,
        validation=own,
        scale=scale,
        notes=tuple(notes.sentences),
        features=features,
    )


def _held_out(split: Split, share: float, source: str) -> dict[str, Split]:
    """One set, split by class into `training` and `test`."""
    kept, taken = stratified(split.labels, round(len(split) * share), groups=split.groups)
    if not len(taken):
        classes = len(np.unique(split.labels))
        if classes == len(split):
            why = "each sample has a label of its own; labels count classes from 0"
        elif split.groups is not None and share:
            why = "groups stay whole, and without any of them a class has none left to train on"
        else:
            why = f"{share:g} of {len(split):,} samples in {classes:,} classes comes to none"
        raise DataError(f"{source}: no sample can be held out for testing: {why}")
    return {"training": split.take(kept), "test": split.take(taken)}


def _note_cut_groups(splits: dict[str, Split], notes: Notes) -> None:
    """Say which parts, as they came, share groups with the training samples."""
    trained = splits["training"].groups
    for part, split in splits.items():
        if part == "training" or trained is None or split.groups is None:
            continue
        if shared := int(np.isin(split.groups, trained).sum()):
            notes.warning(
                f"{shared:,} of {len(split):,} {part} samples are of groups that are trained on "
                "too: what is measured on them flatters"
            )


def person_path(path: str) -> Path:
    """The path that a person gave, `~` expanded.

    Raises:
        DataError: it does not exist.
    """
    try:
        found = Path(path).expanduser()
        if found.exists():
            return found
    except (OSError, RuntimeError) as error:  # Too long for a name; or no such person's ~.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{reprlib.repr(path)}: no such file or folder: {reason}") from None
    raise DataError(f"{path}: no such file or folder")
