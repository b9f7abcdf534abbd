"""Pixel by pixel, diagonal by diagonal."""

from typing import Any, Literal

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register(
    "diagonal", steps="height × width", paper="after van den Oord et al. 2016, arXiv 1601.06759"
)
@keras.saving.register_keras_serializable("seqvision")
class Diagonal(PixelScan):
    """Each pixel is a step, one diagonal after the other from a corner, each from its top down.

    Diagonals end at the border. A state that has seen a diagonal has seen what is above and to the
    left, as in PixelRNN's diagonal LSTM (van den Oord et al. 2016, arXiv 1601.06759), which takes a
    whole diagonal a step. RS-Mamba's diagonals (arXiv 2404.02668) go on at the opposite border.

    Args:
        corner: where it begins.
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Diagonal
        >>> Diagonal().places(3, 3).tolist()
        [0, 1, 3, 2, 4, 6, 5, 7, 8]
    """

    def __init__(
        self,
        corner: Literal["top_left", "top_right"] = "top_left",
        reverse: bool = False,
        **kwargs: Any,
    ):
        super().__init__(reverse, **kwargs)
        self.corner = corner

    def places(self, height: int, width: int) -> np.ndarray:
        rows, columns = np.indices((height, width)).reshape(2, -1)
        if self.corner == "top_right":
            columns = width - 1 - columns
        return np.lexsort((rows, rows + columns))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "corner": self.corner}
