"""Makes of a picture, or of images in an array, what a model was trained on.

Pictures go through what the dataset `image_folder` reads them with, arrays through the scaling of
every dataset, with the options that the model's own dataset had.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from seqvision.data.channels import channels_last
from seqvision.data.notes import Notes
from seqvision.data.pictures import read_picture
from seqvision.data.pixels import Range, scaled
from seqvision.errors import DataError, SeqvisionError
from seqvision.options import pixel_range
from seqvision.prediction.held import Held
from seqvision.prediction.image_files import ImageFile
from seqvision.presets.facts import Facts
from seqvision.specs import name_and_options

Ground = Literal["white", "black"]


@dataclass(frozen=True)
class Preparation:
    """How images are made ready for a model.

    Attributes:
        shape: of what it reads, `(height, width[, channels])`; None where any size will do.
        background: the colour behind the transparent parts of pictures.
        pixels: the values of black and white in pictures' files; what their bits can hold if None.
        array_pixels: the same of arrays, such as `0..16`; `auto` infers it.
        array_scale: that of the arrays that the model was trained on, where it is not 0..255.
    """

    shape: tuple[int | None, ...]
    background: Ground = "white"
    pixels: Range | None = None
    array_pixels: str = "auto"
    array_scale: Range | None = None

    kind = "image"
    what = "images"
    one = "a picture"
    """What a file of one sample is read as."""

    def check(self) -> None:
        """Check that the model reads pictures.

        Raises:
            SeqvisionError: it reads none, or those of any size.
        """
        _ = self.size

    def single(self, path: Path) -> tuple[np.ndarray, set[str]]:
        """As `picture`."""
        return self.picture(path)

    def several(self, file: ImageFile, notes: Notes) -> Held:
        """The images of a file, prepared.

        Raises:
            DataError: it cannot be read, or as `arrays`.
        """
        images, labels = file.read(notes)
        return Held(self.arrays(images, str(file.path), notes), labels)

    def given(self, images: "np.ndarray | Sequence[Any]") -> Held:
        """Images in memory, prepared: an array, a list of them, or one.

        Raises:
            DataError: as `arrays`, or they are of several shapes.
        """
        try:
            array = np.stack(images) if isinstance(images, (list, tuple)) else np.asarray(images)
        except ValueError as error:
            raise DataError(f"images: {error}") from None
        return Held(self.arrays(array[None] if array.ndim == len(self.shape) else array, "images"))

    def picture(
        self, file: Path | IO[bytes], name: str | None = None
    ) -> tuple[np.ndarray, set[str]]:
        """A picture as uint8 `shape`, and `read_picture`'s remarks on it.

        Raises:
            DataError: it cannot be read.
            SeqvisionError: the model reads no pictures, or those of any size.
        """
        size = self.size
        color = "rgb" if self.shape[2:] == (3,) else "grayscale"
        image, remarks = read_picture(file, size, color, self.background, self.pixels, name)
        return image.reshape(self.shape), remarks  # type: ignore[arg-type]

    @property
    def size(self) -> tuple[int, int]:
        """The height and width that pictures are resized to.

        Raises:
            SeqvisionError: the model reads no pictures, or those of any size.
        """
        height, width, *channels = self.shape if len(self.shape) in (2, 3) else (None, None, 0)
        if channels not in ([], [1], [3]) or not height or not width:
            shape = ", ".join("any" if n is None else str(n) for n in self.shape)
            raise SeqvisionError(
                f"the model reads ({shape}); pictures are made (height, width), "
                "(height, width, 1) or (height, width, 3) of one size"
            )
        return height, width

    def arrays(self, images: np.ndarray, source: str, notes: Notes | None = None) -> np.ndarray:
        """Images `(n, height, width[, channels])` as uint8 or float32 `(n, *shape)` in 0..255.

        Raises:
            DataError: they are of another shape, or black and white would be a guess.
        """
        notes = notes or Notes(source)
        images = channels_last(images, source, "given", notes)
        if images.shape[3:] == (1,) and len(self.shape) == 2:
            images = images[..., 0]
        if images.ndim == 3 and self.shape[2:] == (1,):
            images = images[..., None]
        fits = images.ndim == len(self.shape) + 1 and all(
            wanted in (None, n) for wanted, n in zip(self.shape, images.shape[1:], strict=True)
        )
        if not fits:
            raise DataError(
                f"{source}: images are {_by(images.shape[1:])}, the model reads {_by(self.shape)}"
            )
        pixels = self.array_pixels
        if pixels == "auto" and self.array_scale and _within(images, self.array_scale):
            pixels = "..".join(f"{end:.10g}" for end in self.array_scale)
        return scaled({"given": images}, pixels, source, notes)[0]["given"]


def preparation(
    facts: Facts,
    shape: tuple[int | None, ...] | None = None,
    *,
    background: Ground | None = None,
    pixels: str | None = None,
) -> Preparation:
    """How images are made ready for a model of which `facts` are known.

    Args:
        shape: of what it reads; the facts' if not given.
        background: the colour behind transparent parts; that of the model's data if not given.
        pixels: the values of black and white, such as `0..4095`, or `auto`; those of the model's
            data if not given.

    Raises:
        SeqvisionError: `pixels` are no such values, or the model reads no images.
    """
    if facts.kind != "image":
        raise SeqvisionError(f"the model reads samples of kind {facts.kind!r}, not images")
    name, options = name_and_options(facts.data) if facts.data else ("", {})
    scale = facts.more.get("dataset", {}).get("scale", "0..255")
    of_folder = name == "image_folder"
    own = options.get("pixels", "auto")
    if own == "auto" and of_folder and scale != "0..255":
        own = scale  # No picture had a pixel above 1: 0..1 was taken.
    try:
        given = None if pixels is None else pixel_range(pixels)
        learned = pixel_range(scale) if scale != "0..255" else None
        own_range = pixel_range(own)
    except ValueError as error:
        raise DataError(f"pixels: {error}") from None
    return Preparation(
        shape or facts.input_shape,
        background or (options.get("background", "white") if of_folder else "white"),
        given if pixels is not None else own_range if of_folder else None,
        pixels or (own if not of_folder else "auto"),
        None if of_folder or pixels is not None else learned,
    )


def _within(images: np.ndarray, scale: Range) -> bool:
    """Whether an array's values are likely on a scale: none beyond it, some in its upper half."""
    if images.dtype.kind not in "buif":
        return False
    low, high = float(images.min()), float(images.max())
    black, white = scale
    return black <= low and (black + white) / 2 < high <= white


def _by(shape: tuple[int | None, ...]) -> str:
    return "×".join("any" if n is None else str(n) for n in shape)
