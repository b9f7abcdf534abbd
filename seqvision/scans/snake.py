"""Pixel by pixel, to and fro."""

from typing import Any, Literal

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register("snake", steps="height × width", paper="Yang et al. 2024, arXiv 2403.17695")
@keras.saving.register_keras_serializable("seqvision")
class Snake(PixelScan):
    """Each pixel is a step; each row is read in the opposite direction to the row before.

    Each step's pixel is a neighbour of the one before. PlainMamba (Yang et al. 2024, arXiv
    2403.17695) reads four ways: along rows, along columns, and both reversed. S4's repository
    (state-spaces/s4, src/utils/permutations.py) has the first of them as `snake`.

    Args:
        along: `rows`, the first from left to right, or `columns`, the first from top to bottom.
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Snake
        >>> Snake().places(3, 3).tolist()
        [0, 1, 2, 5, 4, 3, 6, 7, 8]
    """

    def __init__(
        self, along: Literal["rows", "columns"] = "rows", reverse: bool = False, **kwargs: Any
    ):
        super().__init__(reverse, **kwargs)
        self.along = along

    def places(self, height: int, width: int) -> np.ndarray:
        places = np.arange(height * width).reshape(height, width)
        lines = places if self.along == "rows" else places.T.copy()
        lines[1::2] = lines[1::2, ::-1].copy()
        return lines.ravel()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "along": self.along}
