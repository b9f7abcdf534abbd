"""Puts the channels of images last, where Keras expects them."""

import numpy as np

from seqvision.data.notes import Notes
from seqvision.errors import DataError

_USUAL = (1, 3, 4)


def channels_last(images: np.ndarray, source: str, part: str, notes: Notes) -> np.ndarray:
    """Return images as `(n, height, width)` or `(n, height, width, channels)`.

    PyTorch's order, `(n, channels, height, width)`, is changed where the shape leaves no doubt.

    Raises:
        DataError: there are no images, or the shape is ambiguous.
    """
    if len(images) == 0:
        raise DataError(f"{source}: there are no {part} images")
    if images.ndim not in (3, 4) or 0 in images.shape:
        raise DataError(
            f"{source}: expected {part} images (n, height, width) or (n, height, width, channels), "
            f"got an array of shape {images.shape}"
        )
    if images.ndim == 3 or images.shape[3] in _USUAL:
        return images
    first, height, width = images.shape[1:]
    if first in _USUAL:
        notes.warning(
            f"images of shape {images.shape[1:]} are read as channels first: "
            f"{height}×{width} with {first} channel{'s' * (first > 1)}"
        )
        return np.moveaxis(images, 1, 3)
    if images.shape[3] < min(images.shape[1:3]):
        rows, columns, channels = images.shape[1:]
        notes.info(
            f"images of shape {images.shape[1:]} are read as channels last: "
            f"{rows}×{columns} with {channels} channels"
        )
        return images
    raise DataError(
        f"{source}: {part} images of shape {images.shape[1:]}: which axis is the channels? "
        "Make them (n, height, width, channels) with fewer channels than rows and columns"
    )
