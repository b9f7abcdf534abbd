"""The user's own images or series in a NumPy archive."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.assembly import make_dataset
from seqvision.data.base import Dataset, Pair
from seqvision.data.files import npz_keys, read_npz
from seqvision.data.left_behind import left_behind
from seqvision.data.make_series import Part, Place, make_series
from seqvision.data.notes import Notes, some
from seqvision.data.padding import as_series, name_beside
from seqvision.data.person_path import person_path
from seqvision.errors import DataError
from seqvision.options import FilePath, Pixels, Rate

_PAIRS = (("x_{}", "y_{}"), ("{}_images", "{}_labels"), ("{}_x", "{}_y"))
"""The names of a part's two arrays; MedMNIST uses the second pair."""
_WHOLE = (("x", "y"), ("images", "labels"))
_PARTS = {"train": "training", "test": "test", "val": "validation"}
_VALIDATION = ("val", "valid", "validation")


@DATASETS.register("npz")
def npz(
    path: FilePath,
    test: Rate | None = None,
    pixels: Pixels = "auto",
    kind: Literal["image", "series"] = "image",
) -> Dataset:
    """Your own .npz file: x_train, y_train, x_test and y_test, or x and y.

    Series `(n, steps, features)`, or `(n, steps)` of one feature, are NaN where nothing was
    observed. Beside each array x may be one of its name with `groups` for x, such as groups_train:
    what each sample comes from, such as a person, which no split divides. Beside series may be one
    with `lengths` for x: the steps of each, after which all is padding (NaN, one value throughout,
    or the last step again).

    Args:
        path: the file. Images `(n, height, width[, channels])`; labels are whole numbers, texts or
            one-hot rows. x_val and y_val, if there are any, are used for validation. The names
            train_images, train_labels, …, and images and labels for x and y, are known too.
        test: with x and y alone, the share of each class that is kept for testing; a fifth if not
            given.
        pixels: the values of black and white, such as `0..1`; `auto` infers them from all pixels.
        kind: what x holds.

    Raises:
        DataError: the file does not exist, is damaged, or its arrays do not fit together.
    """
    file = person_path(path)
    names = npz_keys(file)
    keys = {key.lower(): key for key in names}
    if len(keys) < len(names):
        raise DataError(f"{path}: names of arrays differ by case alone: {', '.join(names)}")
    parts = _parts(file, keys)
    beside = _beside(keys, parts, ("lengths", "groups") if kind == "series" else ("groups",))
    wanted = [*(name for pair in parts.values() for name in pair), *beside.values()]
    found = read_npz(file, tuple(wanted))
    notes = Notes(path)
    if others := [k for k in keys.values() if k not in found and not left_behind(k.split("/")[0])]:
        notes.warning(f"these arrays are passed over: {some(others)}")
    if kind == "series":
        return make_series(
            f"npz:{file.name}",
            {
                _PARTS[part]: _part(path, found, x, y, beside, notes)
                for part, (x, y) in parts.items()
            },
            path,
            test=test,
            notes=notes,
        )
    pairs: dict[str, Pair] = {part: (found[x], found[y]) for part, (x, y) in parts.items()}
    groups = {_PARTS[p]: _groups(f"{path}: {x}", found, x, beside) for p, (x, _) in parts.items()}
    return make_dataset(
        f"npz:{file.name}",
        pairs["train"] + pairs.get("test", ()),
        path,
        validation=pairs.get("val"),
        test=test,
        pixels=pixels,
        groups=groups,
        notes=notes,
    )


def _beside(
    keys: dict[str, str], parts: dict[str, tuple[str, str]], words: tuple[str, ...]
) -> dict[tuple[str, str], str]:
    """The names of the arrays of `lengths` and of `groups`, by that word and the name of x."""
    found = {}
    for x, _ in parts.values():
        for word in words:
            if (name := name_beside(x, word, keys)) is not None:
                found[word, x] = keys[name]
    return found


def _part(
    path: str,
    found: dict[str, np.ndarray],
    x: str,
    y: str,
    beside: dict[tuple[str, str], str],
    notes: Notes,
) -> Part:
    """A part's series, labels and groups.

    Raises:
        DataError: the arrays are not of series.
    """
    where = f"{path}: {x}"
    series = as_series(found[x], found.get(beside.get(("lengths", x), "")), where, notes)
    groups = _groups(where, found, x, beside)
    return Part(series, found[y], groups, lambda one: Place(path, f"row {one + 1} of {x}"))


def _groups(
    where: str, found: dict[str, np.ndarray], x: str, beside: dict[tuple[str, str], str]
) -> np.ndarray | None:
    """What each sample of x comes from; None if no array says so.

    Raises:
        DataError: the array does not fit x.
    """
    groups = found.get(beside.get(("groups", x), ""))
    count = len(found[x]) if found[x].ndim else 0
    if groups is not None and (groups.shape != (count,) or groups.dtype.kind not in "buifSU"):
        raise DataError(
            f"{where}: {count} samples, but groups of {groups.shape} ({groups.dtype}); "
            "expected a number or a text for each"
        )
    return groups


def _parts(file: Path, keys: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The names of the arrays of each part: `train` and `test`, or `train` alone for all images.

    Raises:
        DataError: an array is missing.
    """
    layout = next((pair for pair in _PAIRS if pair[0].format("train") in keys), None)
    if layout is None:
        whole = next((pair for pair in _WHOLE if pair[0] in keys), _WHOLE[0])
        return {"train": _named(file, keys, whole)}
    parts = {"train": ("train",), "test": ("test",), "val": _VALIDATION}
    found = {}
    for part, names in parts.items():
        there = [name for name in names if layout[0].format(name) in keys]
        if there or part != "val":
            name = there[0] if there else part
            found[part] = _named(file, keys, tuple(each.format(name) for each in layout))
    return found


def _named(file: Path, keys: dict[str, str], names: tuple[str, ...]) -> tuple[str, str]:
    """Two arrays' names as the file spells them."""
    for name in names:
        if name not in keys:
            has = ", ".join(keys.values()) or "none"
            raise DataError(f"{file}: has no array {name!r}; it has {has}")
    return keys[names[0]], keys[names[1]]
