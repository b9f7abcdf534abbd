"""The user's own images in a NumPy archive."""

from pathlib import Path

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, Pair, make_dataset, person_path
from seqvision.data.files import npz_keys, read_npz
from seqvision.data.left_behind import left_behind
from seqvision.data.notes import Notes, some
from seqvision.errors import DataError
from seqvision.options import FilePath, Pixels, Rate

_PAIRS = (("x_{}", "y_{}"), ("{}_images", "{}_labels"), ("{}_x", "{}_y"))
"""The names of a part's two arrays; MedMNIST uses the second pair."""
_WHOLE = (("x", "y"), ("images", "labels"))
_VALIDATION = ("val", "valid", "validation")


@DATASETS.register("npz")
def npz(path: FilePath, test: Rate | None = None, pixels: Pixels = "auto") -> Dataset:
    """Your own .npz file: x_train, y_train, x_test and y_test, or x and y.

    Args:
        path: the file. Images `(n, height, width[, channels])`; labels are whole numbers, texts or
            one-hot rows. x_val and y_val, if there are any, are used for validation. The names
            train_images, train_labels, …, and images and labels for x and y, are known too.
        test: with x and y alone, the share of each class that is kept for testing; a fifth if not
            given.
        pixels: the values of black and white, such as `0..1`; `auto` infers them from all pixels.

    Raises:
        DataError: the file does not exist, is damaged, or its arrays do not fit together.
    """
    file = person_path(path)
    names = npz_keys(file)
    keys = {key.lower(): key for key in names}
    if len(keys) < len(names):
        raise DataError(f"{path}: names of arrays differ by case alone: {', '.join(names)}")
    parts = _parts(file, keys)
    found = read_npz(file, tuple(name for pair in parts.values() for name in pair))
    notes = Notes(path)
    if others := [k for k in keys.values() if k not in found and not left_behind(k.split("/")[0])]:
        notes.warning(f"these arrays are passed over: {some(others)}")
    pairs: dict[str, Pair] = {part: (found[x], found[y]) for part, (x, y) in parts.items()}
    return make_dataset(
        f"npz:{file.name}",
        pairs["train"] + pairs.get("test", ()),
        path,
        validation=pairs.get("val"),
        test=test,
        pixels=pixels,
        notes=notes,
    )


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
