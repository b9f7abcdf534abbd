"""Pixel by pixel, in reading order."""

from typing import Any, Literal

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register(
    "pixels", steps="height × width", paper="Le, Jaitly & Hinton 2015, arXiv 1504.00941"
)
@keras.saving.register_keras_serializable("seqvision")
class Pixels(PixelScan):
    """Each pixel of the image is a step, row by row; its channels are the features.

    So Le, Jaitly & Hinton 2015 (arXiv 1504.00941) read MNIST, in 784 steps.

    Args:
        along: `rows`, from left to right each, or `columns`, from top to bottom.
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Pixels
        >>> Pixels(along="columns").places(3, 3).tolist()
        [0, 3, 6, 1, 4, 7, 2, 5, 8]
    """

    def __init__(
        self, along: Literal["rows", "columns"] = "rows", reverse: bool = False, **kwargs: Any
    ):
        super().__init__(reverse, **kwargs)
        self.along = along

    def places(self, height: int, width: int) -> np.ndarray:
        places = np.arange(height * width).reshape(height, width)
        return (places if self.along == "rows" else places.T).ravel()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "along": self.along}
