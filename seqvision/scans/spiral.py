"""Pixel by pixel, from the border to the middle."""

from typing import Any

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register("spiral", steps="height × width")
@keras.saving.register_keras_serializable("seqvision")
class Spiral(PixelScan):
    """Each pixel is a step, clockwise from the top left corner round and round into the middle.

    Reversed, it begins in the middle and ends at the corner. Each step's pixel is a neighbour of
    the one before.

    Args:
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Spiral
        >>> Spiral().places(3, 3).tolist()
        [0, 1, 2, 5, 8, 7, 6, 3, 4]
    """

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def places(self, height: int, width: int) -> np.ndarray:
        left = np.arange(height * width).reshape(height, width)
        read = []
        while left.size:
            read.append(left[0])
            left = np.rot90(left[1:])  # What was the right column is on top now.
        return np.concatenate(read)
