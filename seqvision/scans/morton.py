"""Pixel by pixel, along Morton's curve."""

from typing import Any

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register("morton", steps="height × width", paper="Morton 1966, IBM")
@keras.saving.register_keras_serializable("seqvision")
class Morton(PixelScan):
    """Each pixel is a step, in the order of its row's and column's bits interleaved: a Z of Zs.

    Each quarter of a square is read whole before the next (Morton 1966, "A computer oriented
    geodetic data base and a new technique in file sequencing", IBM). Of an image that is no square
    of a power of two, the curve of the next larger one is read without what is outside.

    Args:
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Morton
        >>> Morton().places(3, 3).tolist()
        [0, 1, 3, 4, 2, 5, 6, 7, 8]
    """

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def places(self, height: int, width: int) -> np.ndarray:
        rows, columns = np.indices((height, width)).reshape(2, -1)
        code = np.zeros(height * width, int)
        for bit in range(max(height, width).bit_length()):
            code |= (columns >> bit & 1) << 2 * bit | (rows >> bit & 1) << 2 * bit + 1
        return np.argsort(code)
