"""What a dataset is, and the checks that every one passes."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from seqvision.errors import DataError

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Training images and labels, test images and labels."""

_MOST_CLASSES = 10_000


@dataclass(frozen=True)
class Split:
    """Images `(n, height, width[, channels])`, uint8 or float32 in 0..255, and labels `(n,)`."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def take(self, index: np.ndarray) -> "Split":
        """The images and labels at some places."""
        return Split(self.images[index], self.labels[index])


@dataclass(frozen=True)
class Dataset:
    """Training and test images of one kind, checked."""

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    """Where the images came from, in words."""
    stands_in_for: str | None = None
    """The dataset that was asked for, when this one took its place."""
    scale: float = 1.0
    """The size of this training set as a share of that of the one it stands in for."""

    @property
    def num_classes(self) -> int:
        return len(self.class_names)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """`(height, width)` or `(height, width, channels)`."""
        return tuple(self.train.images.shape[1:])

    @cached_property
    def checksum(self) -> str:
        """The SHA-256 of all images and labels with their shapes and types, in hex."""
        digest = hashlib.sha256()
        for split in (self.train, self.test):
            for array in (split.images, split.labels):
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def make_dataset(
    name: str,
    arrays: Arrays,
    source: str,
    class_names: tuple[str, ...] | None = None,
) -> Dataset:
    """Return a dataset once its arrays are known to fit together.

    Floats that all lie in [0, 1] are taken as shares of 255 and scaled to 0..255.

    Raises:
        DataError: saying which part is wrong and how.
    """
    parts = {"training": arrays[:2], "test": arrays[2:]}
    splits = {part: _split(*pair, source, part) for part, pair in parts.items()}
    if all(_holds_shares(images) for images in (arrays[0], arrays[2])):
        splits = {p: Split(s.images * np.float32(255), s.labels) for p, s in splits.items()}
    shapes = {part: split.images.shape[1:] for part, split in splits.items()}
    if shapes["training"] != shapes["test"]:
        raise DataError(
            f"{source}: training images are {shapes['training']}, test images {shapes['test']}"
        )
    if class_names is None:
        count = 1 + max(int(split.labels.max()) for split in splits.values())
        if count > _MOST_CLASSES:
            raise DataError(f"{source}: a label is {count - 1:,}; labels count classes from 0")
        class_names = tuple(str(label) for label in range(count))
    for part, split in splits.items():
        low, high = int(split.labels.min()), int(split.labels.max())
        if low < 0 or high >= len(class_names):
            raise DataError(
                f"{source}: {part} labels go from {low} to {high}, "
                f"expected 0 to {len(class_names) - 1}"
            )
    if len(class_names) < 2:
        raise DataError(f"{source}: all images are of one class; a classifier needs two or more")
    return Dataset(name, splits["training"], splits["test"], class_names, source)


def _split(images: np.ndarray, labels: np.ndarray, source: str, part: str) -> Split:
    if len(images) == 0:
        raise DataError(f"{source}: there are no {part} images")
    if images.ndim not in (3, 4):
        raise DataError(
            f"{source}: expected {part} images (n, height, width) or (n, height, width, channels), "
            f"got an array of shape {images.shape}"
        )
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.shape != (len(images),):
        raise DataError(f"{source}: {len(images)} {part} images, but labels of {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{source}: {part} labels must be whole numbers, got {labels.dtype}")
    return Split(_pixels(images, source, part), labels.astype(np.int64))


def _pixels(images: np.ndarray, source: str, part: str) -> np.ndarray:
    if images.dtype == np.uint8:
        return images
    if not (np.issubdtype(images.dtype, np.number) or images.dtype == bool):
        raise DataError(f"{source}: {part} images must be numbers, got {images.dtype}")
    images = images.astype(np.float32)
    if not np.isfinite(images).all():
        raise DataError(f"{source}: {part} images hold NaN or infinite pixels")
    low, high = float(images.min()), float(images.max())
    if low < 0 or high > 255:
        raise DataError(f"{source}: {part} pixels go from {low} to {high}, expected 0 to 255")
    return images


def _holds_shares(images: np.ndarray) -> bool:
    return bool(np.issubdtype(images.dtype, np.floating) and images.max() <= 1)


def person_path(path: str) -> Path:
    """A path that a person gave, `~` expanded.

    Raises:
        DataError: there is nothing there.
    """
    found = Path(path).expanduser()
    if not found.exists():
        raise DataError(f"{path}: no such file or folder")
    return found
