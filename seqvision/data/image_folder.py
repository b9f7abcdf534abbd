"""The user's own pictures: a folder for each class."""

import math
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset, Pair, make_dataset, person_path
from seqvision.data.class_folders import Files, class_folders
from seqvision.data.folders import Survey
from seqvision.data.notes import Notes
from seqvision.data.pictures import is_picture, read_picture
from seqvision.data.pixels import say_if_dark, text
from seqvision.data.remarks import say_remarks
from seqvision.errors import DataError
from seqvision.memory import check_fits
from seqvision.options import FilePath, ImageSize, Pixels, Rate, pixel_range


@DATASETS.register("image_folder")
def image_folder(
    path: FilePath,
    size: ImageSize,
    color: Literal["grayscale", "rgb"] = "grayscale",
    test: Rate | None = None,
    background: Literal["white", "black"] = "white",
    pixels: Pixels = "auto",
) -> Dataset:
    """Your own pictures: `train/<class>/…` and `test/<class>/…`, or `<class>/…` alone.

    A class's pictures may lie in folders within its own. Beside `train` and `test` there may be
    `val` (or `validation`), whose pictures are then used for validation.

    Args:
        path: the folder.
        size: height and width that every picture is resized to (bilinear).
        color: `grayscale` is one channel, `rgb` three.
        test: without a `test` folder, the share of each class that is kept for testing; 0.2 if not
            given.
        background: the colour behind the transparent parts of a picture.
        pixels: the values of black and white in the files, such as `0..4095`; `auto` takes the
            least and the greatest that a file's bits can hold, as viewers do.

    Raises:
        DataError: a folder has no pictures, or a picture cannot be read.
    """
    folder = person_path(path)
    notes, survey = Notes(path), Survey(folder, "pictures", is_picture)
    files = class_folders(folder, survey)
    survey.say(notes)
    classes = tuple(files["training"])
    count = math.prod(size) * (3 if color == "rgb" else 1) * survey.read
    check_fits(count, f"{path}: {survey.read:,} pictures of {size[0]}×{size[1]} pixels")
    try:
        given = pixel_range(pixels)
    except ValueError as error:
        raise DataError(f"{path}: pixels: {error}") from None
    read = partial(_read, files, classes, size=size, color=color, background=background)
    parts, done = read(pixels=given)
    if given is None and not done["bright"]:
        # A viewer would show them all black: whoever made them meant 0 as black and 1 as white.
        given = (0.0, 1.0)
        notes.warning("no pixel is above 1 of 255: 0..1 is taken for black to white")
        parts, done = read(pixels=given)
    say_remarks(done, notes, background)
    if given is None:
        say_if_dark(max(float(images.max()) for images, _ in parts.values()), notes)
    dataset = make_dataset(
        f"image_folder:{folder.name}",
        parts["training"] + parts.get("test", ()),
        path,
        classes,
        validation=parts.get("validation"),
        test=test,
        pixels="0..255",  # `read_picture` returns these.
        notes=notes,
    )
    return replace(dataset, scale=text(*given)) if given else dataset


def _read(
    files: Files, classes: tuple[str, ...], **options: Any
) -> tuple[dict[str, Pair], Counter[str]]:
    """Read the pictures of each part.

    Returns:
        Images `(n, height, width[, 3])` and labels `(n,)` of each part, and to how many pictures
        each remark of `read_picture` applies.
    """
    parts: dict[str, Pair] = {}
    said: Counter[str] = Counter()
    for part, of_classes in files.items():
        images, labels = [], []
        for label, name in enumerate(classes):
            for file in of_classes.get(name, ()):
                image, done = read_picture(file, **options)
                images.append(image)
                labels.append(label)
                said.update(done)
        parts[part] = np.stack(images), np.array(labels)
    return parts, said
