"""Files that hold many images: `.npz` archives and IDX, plain or gzipped."""

import gzip
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from seqvision.data.files import npz_keys, read_idx, read_npz
from seqvision.data.labels import numbered
from seqvision.data.notes import Notes
from seqvision.errors import DataError

_PARTS = ("test", "val", "valid", "validation", "train")
"""Of an archive with several parts the first that is there is answered."""
_NAMES = (("x_{}", "y_{}"), ("{}_images", "{}_labels"), ("{}_x", "{}_y"))
_WHOLE = (("x", "y"), ("images", "labels"))
_IDX_TYPES = frozenset((0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E))
_IDX_IMAGES = ("t10k", "test")


@dataclass(frozen=True)
class ImageFile:
    """A file of images, not read yet."""

    path: Path
    is_idx: bool

    def read(self, notes: Notes) -> tuple[np.ndarray, np.ndarray | None]:
        """Its images `(n, …)`, and their labels as the file has them, if it has any.

        Raises:
            DataError: it is damaged, or holds no images.
        """
        return _read_idx(self.path) if self.is_idx else _read_npz(self.path, notes)


def image_file(path: Path) -> ImageFile | None:
    """A file as a file of images; None if it is none by its ending and its first bytes."""
    if path.suffix.lower() == ".npz":
        return ImageFile(path, is_idx=False)
    return ImageFile(path, is_idx=True) if _is_idx(path) else None


def of_idx_folder(folder: Path) -> ImageFile | None:
    """The test images in a folder of IDX files such as MNIST's; None if there are none."""
    for path in sorted(folder.iterdir()):
        name = path.name.lower()
        if "images" in name and any(part in name for part in _IDX_IMAGES) and _is_idx(path):
            return ImageFile(path, is_idx=True)
    return None


def class_names_of(labels: np.ndarray, class_names: tuple[str, ...], source: str) -> list[str]:
    """The names of the classes that an array's labels stand for.

    Labels are names, or numbers that some classes may be named by, or else indices into the names.

    Raises:
        DataError: they are no labels, or of other classes.
    """
    if labels.ndim == 1 and labels.dtype.kind in "SUiu":
        if labels.dtype.kind == "S":
            labels = np.char.decode(labels, "utf-8", "replace")
        names = [str(label) for label in labels.tolist()]
        if labels.dtype.kind == "U" or set(names) <= set(class_names):
            return names
    indices, _ = numbered({"given": labels}, class_names, source, Notes(source))
    return [class_names[index] for index in indices["given"]]


def _is_idx(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(4)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(path) as file:
                head = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(head) == 4 and head[:2] == b"\0\0" and head[2] in _IDX_TYPES and 1 <= head[3] <= 4


def _read_idx(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    images = read_idx(path)
    if images.ndim < 3:
        raise DataError(f"{path}: holds {images.ndim} dimensions; images have three or four")
    name = re.sub(r"idx\d", "idx1", path.name.replace("images", "labels"))
    beside = [path.with_name(name), path.with_name(name.removesuffix(".gz"))]
    labels = next((file for file in beside if file != path and file.is_file()), None)
    return images, _as_many(read_idx(labels), images, path) if labels else None


def arrays_to_answer(
    path: Path,
    notes: Notes,
    beside: Callable[[str, dict[str, str]], list[str]] = lambda x, keys: [],
) -> tuple[str, str | None, dict[str, np.ndarray]]:
    """The arrays of an archive: the name of the samples', of the labels' if any, and the arrays.

    Args:
        beside: names other arrays to be read, given the samples' name and all names by themselves
            in lower case.

    Raises:
        DataError: it is damaged, or holds no samples.
    """
    names = npz_keys(path)
    keys = {name.lower(): name for name in names}
    pairs = [tuple(map(partial(_filled, part), pair)) for part in _PARTS for pair in _NAMES]
    there = [pair for pair in (*pairs, *_WHOLE) if pair[0] in keys]
    if not there and len(names) != 1:
        raise DataError(
            f"{path}: has no array 'x' or 'x_test'; it has {', '.join(names) or 'none'}"
        )
    x, y = there[0] if there else (names[0].lower(), "")
    wanted = [keys[key] for key in (x, y) if key in keys]
    found = read_npz(path, (*wanted, *beside(x, keys)))
    if len(there) > 1:
        others = ", ".join(keys[pair[0]] for pair in there[1:])
        notes.info(f"{keys[x]} is answered, {len(found[keys[x]]):,} samples; not {others}")
    return keys[x], keys.get(y), found


def _read_npz(path: Path, notes: Notes) -> tuple[np.ndarray, np.ndarray | None]:
    x, y, found = arrays_to_answer(path, notes)
    images = found[x]
    if images.ndim < 3:
        raise DataError(f"{path}: {x} has the shape {images.shape}; images have three axes")
    return images, _as_many(found[y], images, path) if y else None


def _filled(part: str, name: str) -> str:
    return name.format(part)


def _as_many(labels: np.ndarray, images: np.ndarray, path: Path) -> np.ndarray:
    if labels.shape[:1] != images.shape[:1]:
        raise DataError(f"{path}: {len(images):,} images, but labels of {labels.shape}")
    return labels
