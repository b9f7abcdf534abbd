"""Patch by patch."""

from typing import Any

import keras
import numpy as np

from seqvision.options import ImageSize, PositiveInt, ScanSpec
from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan, pixel_order


@SCANS.register(
    "patches",
    steps="⌈height / size⌉ × ⌈width / size⌉",
    paper="Dosovitskiy et al. 2021, arXiv 2010.11929",
)
@keras.saving.register_keras_serializable("seqvision")
class Patches(PixelScan):
    """Each patch of the image, such as 4×4 pixels, is a step; its pixels are the features.

    They are the patches of ViT (Dosovitskiy et al. 2021, arXiv 2010.11929). Read along rows and
    along columns, each from both ends, they are the cross-scan of VMamba (arXiv 2401.10166). Where
    the size does not divide the image, the last patches begin earlier, so that they end at the
    border, and share pixels with those before; no patch is larger than the image.

    Args:
        size: the side of a patch in pixels, or its height and width.
        order: the order of the patches, as a scan of the image whose pixels they are.
        within: the order of the pixels in a patch. It matters to cells that read the features piece
            by piece, such as `grid_lstm`.
        reverse: read the last patch first.

    Raises:
        SeqvisionError: a scan that does not read pixel by pixel as an order.

    Examples:
        >>> import keras
        >>> from seqvision.scans import Patches
        >>> keras.ops.shape(Patches(size=2)(keras.ops.zeros((2, 4, 6, 1))))
        (2, 6, 4)
    """

    def __init__(
        self,
        size: PositiveInt | ImageSize = 4,
        order: ScanSpec = "pixels",
        within: ScanSpec = "pixels",
        reverse: bool = False,
        **kwargs: Any,
    ):
        super().__init__(reverse, **kwargs)
        self.size = size
        self.order = order
        self.within = within
        self._in_order, self._in_order_within = pixel_order(order), pixel_order(within)

    def places(self, height: int, width: int) -> np.ndarray:
        high, wide = (self.size,) * 2 if isinstance(self.size, int) else self.size
        high, wide = min(high, height), min(wide, width)
        tops, lefts = _starts(height, high), _starts(width, wide)
        corners = (tops[:, None] * width + lefts).ravel()
        inside = (np.arange(high)[:, None] * width + np.arange(wide)).ravel()
        corners = corners[self._in_order(len(tops), len(lefts))]
        return corners[:, None] + inside[self._in_order_within(high, wide)]

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "order": self.order, "within": self.within}
        return {**super().get_config(), **own}


def _starts(length: int, size: int) -> np.ndarray:
    """Where patches begin along a side."""
    return np.minimum(np.arange(0, length, size), length - size)
