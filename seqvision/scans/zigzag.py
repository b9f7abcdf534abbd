"""Pixel by pixel, along JPEG's zigzag."""

from typing import Any

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register("zigzag", steps="height × width", paper="ITU-T T.81 (1992), figure A.6")
@keras.saving.register_keras_serializable("seqvision")
class Zigzag(PixelScan):
    """Each pixel is a step, diagonal by diagonal, each in the opposite direction to the one before.

    In this order JPEG writes the 8×8 coefficients of a block (ITU-T Recommendation T.81, 1992,
    figure A.6); here it is of any size. The zigzags of ZigMa (arXiv 2403.13802) are `snake`s.

    Args:
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Zigzag
        >>> Zigzag().places(3, 3).tolist()
        [0, 1, 3, 6, 4, 2, 5, 7, 8]
    """

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def places(self, height: int, width: int) -> np.ndarray:
        rows, columns = np.indices((height, width)).reshape(2, -1)
        diagonals = rows + columns
        return np.lexsort((np.where(diagonals % 2, rows, -rows), diagonals))
