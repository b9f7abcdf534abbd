"""A person's own pictures: a folder a class."""

import warnings
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, make_dataset, person_path
from seqvision.data.split import hold_out
from seqvision.errors import DataError
from seqvision.options import FilePath, PositiveInt, Rate

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm"}


@DATASETS.register("image_folder")
def image_folder(
    path: FilePath,
    size: Annotated[list[PositiveInt], Field(min_length=2, max_length=2)],
    color: Literal["grayscale", "rgb"] = "grayscale",
    test: Rate = 0.2,
) -> Dataset:
    """Your own pictures: `train/<class>/…` and `test/<class>/…`, or `<class>/…` alone.

    Args:
        path: the folder.
        size: height and width that every picture is resized to (bilinear).
        color: `grayscale` is one channel, `rgb` three.
        test: without a `test` folder, the share of each class that is kept for testing.

    Raises:
        DataError: a folder has no pictures, or a picture cannot be read.
    """
    folder = person_path(path)
    name = f"image_folder:{folder.name}"
    parts = [folder / "train", folder / "test"]
    if any(part.is_dir() for part in parts):
        if missing := [part for part in parts if not part.is_dir()]:
            raise DataError(f"{path}: lacks the folder {missing[0].name}/")
        classes = _classes(parts[0])
        if unknown := set(_classes(parts[1])) - set(classes):
            raise DataError(f"{parts[1]}: class {min(unknown)!r} has no training pictures")
        train, held_out = (_read(part, classes, size, color) for part in parts)
        arrays = (*train, *held_out)
    else:
        classes = _classes(folder)
        arrays = hold_out(*_read(folder, classes, size, color), test)
    return make_dataset(name, arrays, path, classes)


def _classes(folder: Path) -> tuple[str, ...]:
    names = tuple(sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != "."))
    if not names:
        raise DataError(f"{folder}: expected a folder of pictures for each class, found none")
    return names


def _read(
    folder: Path, classes: tuple[str, ...], size: list[int], color: str
) -> tuple[np.ndarray, np.ndarray]:
    images, labels = [], []
    for label, name in enumerate(classes):
        inside = (folder / name).iterdir() if (folder / name).is_dir() else ()
        files = sorted(p for p in inside if p.suffix.lower() in _SUFFIXES)
        if not files and folder.name != "test":
            raise DataError(f"{folder / name}: holds no pictures")
        images += [_picture(file, size, color) for file in files]
        labels += [label] * len(files)
    if not images:
        raise DataError(f"{folder}: holds no pictures ({', '.join(sorted(_SUFFIXES))})")
    return np.stack(images), np.array(labels)


def _picture(file: Path, size: list[int], color: str) -> np.ndarray:
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # A small file that unpacks to a huge picture is an attack, not a picture.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as picture:
                if picture.mode[0] in "IF":
                    raise DataError(f"{file}: more than 8 bits a pixel; convert it to 8")
                mode = "L" if color == "grayscale" else "RGB"
                height, width = size
                resized = picture.convert(mode).resize((width, height), Image.Resampling.BILINEAR)
                return np.asarray(resized)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{file}: cannot be read as a picture: {error}") from None
    except Image.DecompressionBombError as error:
        raise DataError(f"{file}: too large a picture: {error}") from None
