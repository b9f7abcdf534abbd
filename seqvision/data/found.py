"""Which dataset reads what lies at a path, by the names of files: for `seqvision init --data`."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.data.archives.text_lines import text_lines
from seqvision.data.archives.text_numbers import numbers
from seqvision.data.files import npz_keys
from seqvision.data.pictures import is_picture
from seqvision.errors import DataError

_BY_ENDING = {
    **dict.fromkeys((".csv", ".parquet"), "csv"),
    **dict.fromkeys((".ts", ".arff", ".tsv"), ""),
    ".wav": "wav_folder",
}
"""The dataset of a file, or of a folder with such files; "" is one called as the ending."""
_LARGEST = 64
"""The pixels of an image's longer side, at most: each row or column is a step to be learned."""
_LOOKED_AT = 10_000
"""The files of a folder, at most, among which one that is known is looked for."""


def dataset_at(path: Path) -> tuple[dict[str, Any], bool]:
    """The `data.dataset` that reads a file or folder, and whether what it holds are series.

    Raises:
        DataError: there is nothing, or nothing that a dataset reads.
    """
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    for file in _files(path):
        if found := _of(file, path):
            return found
    raise DataError(
        f"{path}: found no pictures, WAV files, tables (.csv, .parquet), .npz, .ts, .arff, .tsv or "
        "IDX files; `seqvision list datasets` lists what can be read"
    )


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    else:
        yield from sorted(islice((file for file in path.rglob("*") if file.is_file()), _LOOKED_AT))


def _of(file: Path, path: Path) -> tuple[dict[str, Any], bool] | None:
    ending = Path(file.name.lower().removesuffix(".gz")).suffix
    if ending == ".npz" and file == path:
        return _of_arrays(file)
    if "idx3-ubyte" in file.name:
        return {"name": "idx", "path": str(file.parent)}, False
    if ending in _BY_ENDING:
        name = _BY_ENDING[ending] or ending[1:]
        if name == "tsv" and _names_columns(file):
            name = "csv"
        if name == "csv":
            if _in_several_folders(path, ending):  # Of a class each, and a table is a series.
                return {"name": "csv_folder", "path": str(path)}, True
            return {"name": name, "path": str(file)}, True
        return {"name": name, "path": str(path)}, True  # Whichever of its files was found.
    if path.is_dir() and is_picture(file):
        return {"name": "image_folder", "path": str(path), **_like(file)}, False
    return None


def _names_columns(file: Path) -> bool:
    """Whether its first line is a table's: in the archives' format it is a label and numbers."""
    _, first = next(text_lines(file), (1, ""))
    _, *values = re.split(r"[\t, ]+", first.strip())
    try:
        numbers(values, str(file), empty=True)
    except DataError:
        return True
    return not values


def _in_several_folders(path: Path, ending: str) -> bool:
    return len({file.parent for file in _files(path) if ending in file.name.lower()} - {path}) > 1


def _of_arrays(file: Path) -> tuple[dict[str, Any], bool]:
    spec = {"name": "npz", "path": str(file)}
    names = [name for name in npz_keys(file) if not name.startswith("y") and "label" not in name]
    try:
        with np.load(file, allow_pickle=False) as archive:
            samples = archive[names[0]]
    except (IndexError, KeyError, OSError, ValueError) as error:
        raise DataError(f"{file}: holds no arrays of samples: {error}") from None
    # Images are bytes, or have channels; what else has two axes and numbers of any size is series.
    if samples.ndim < 4 and samples.dtype != np.uint8:
        return {**spec, "kind": "series"}, True
    return spec, False


def _like(file: Path) -> dict[str, Any]:
    """The size and the colour of a picture, as options of `image_folder`."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{file}: cannot be read: {error}") from None
    shrunk = min(1.0, _LARGEST / max(picture.size))
    width, height = (max(1, round(side * shrunk)) for side in picture.size)
    pixels = np.asarray(picture.resize((width, height)))
    gray = np.ptp(pixels.astype(int), axis=-1).max() < 8
    return {"size": [height, width], "color": "grayscale" if gray else "rgb"}
