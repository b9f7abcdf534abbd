"""Whether images are light on dark, as MNIST's are, or dark on light, as ink on paper."""

from typing import Literal

import numpy as np

from seqvision.data.rows import blocks_of

_MIDDLE = 127.5
_ALMOST_ALL = 0.99


def light_border(images: np.ndarray) -> np.ndarray:
    """Whether each image has a light border, by the median of its outermost pixels.

    A stroke that touches the border, or noise, changes a mean more than a median.

    Args:
        images: `(n, height, width[, channels])` in 0..255.

    Returns:
        Booleans `(n,)`.
    """
    sides = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    pixels = np.concatenate([side.reshape(len(images), -1) for side in sides], axis=1)
    return np.median(pixels, axis=1) > _MIDDLE


def background_of(images: np.ndarray) -> Literal["dark", "light"] | None:
    """The background that 99 of 100 images have; None if they differ, as photographs do."""
    light = float(np.concatenate([light_border(block) for block in blocks_of(images)]).mean())
    return "light" if light >= _ALMOST_ALL else "dark" if light <= 1 - _ALMOST_ALL else None
