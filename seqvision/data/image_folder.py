"""The user's own pictures: a folder for each class."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.assembly import assembled
from seqvision.data.base import Dataset, Split
from seqvision.data.class_folders import Files, class_folders
from seqvision.data.decoded import decoded
from seqvision.data.folders import Survey
from seqvision.data.notes import Notes
from seqvision.data.person_path import person_path
from seqvision.data.pictures import is_picture
from seqvision.data.pixels import say_if_dark, text
from seqvision.data.remarks import say_remarks
from seqvision.data.rows import taken
from seqvision.errors import DataError
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
    `val` (or `validation`), whose pictures are then used for validation. All are decoded once, into
    `$SEQVISION_CACHE/decoded`, from where runs map them: they need not fit in memory.

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
    try:
        given = pixel_range(pixels)
    except ValueError as error:
        raise DataError(f"{path}: pixels: {error}") from None
    listed, labels = _listed(files, classes)
    every = [file for of_part in listed.values() for file in of_part]
    how = {"size": list(size), "color": color, "background": background}
    images, known = decoded(folder, every, {**how, "pixels": given}, path)
    if given is None and not known["remarks"].get("bright"):
        # A viewer would show them all black: whoever made them meant 0 as black and 1 as white.
        given = (0.0, 1.0)
        notes.warning("no pixel is above 1 of 255: 0..1 is taken for black to white")
        images, known = decoded(folder, every, {**how, "pixels": given}, path)
    say_remarks(known["remarks"], notes, background)
    if given is None:
        say_if_dark(known["highest"], notes)
    splits: dict[str, Split] = {}
    end = 0
    for part, of_part in listed.items():
        begin, end = end, end + len(of_part)
        splits[part] = Split(taken(images, np.arange(begin, end)), labels[part])
    return assembled(
        f"image_folder:{folder.name}",
        splits,
        path,
        classes,
        test=test,
        scale=text(*given) if given else "0..255",  # `read_picture` returns these.
        notes=notes,
    )


def _listed(
    files: Files, classes: tuple[str, ...]
) -> tuple[dict[str, list[Path]], dict[str, np.ndarray]]:
    """The pictures of each part, class after class, and their labels `(n,)`."""
    listed, labels = {}, {}
    for part in sorted(files, key=["training", "validation", "test"].index):
        of_classes = [files[part].get(name, []) for name in classes]
        listed[part] = [file for of_class in of_classes for file in of_class]
        labels[part] = np.repeat(np.arange(len(classes)), [len(each) for each in of_classes])
    return listed, labels
