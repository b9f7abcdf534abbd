"""Pixel by pixel, along rows and columns at once."""

from typing import Any

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register("transpose_pair", steps="height × width", paper="Gu et al. 2022, arXiv 2111.00396")
@keras.saving.register_keras_serializable("seqvision")
class TransposePair(PixelScan):
    """Each step holds two pixels: the next one row by row, and the next one column by column.

    Each pixel is read twice. It is `permute: transpose` in S4's repository (state-spaces/s4,
    src/dataloaders/basic.py; Gu et al. 2022, arXiv 2111.00396).

    Args:
        reverse: read the last pixels first.

    Examples:
        >>> import keras
        >>> from seqvision.scans import TransposePair
        >>> keras.ops.shape(TransposePair()(keras.ops.zeros((2, 4, 6, 1))))
        (2, 24, 2)
    """

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def places(self, height: int, width: int) -> np.ndarray:
        rows = np.arange(height * width).reshape(height, width)
        return np.stack([rows.ravel(), rows.T.ravel()], axis=1)
