"""Pixel by pixel, window by window."""

from typing import Any

import keras
import numpy as np

from seqvision.options import ImageSize, PositiveInt, ScanSpec
from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan, pixel_order


@SCANS.register("windows", steps="height × width", paper="Huang et al. 2024, arXiv 2403.09338")
@keras.saving.register_keras_serializable("seqvision")
class Windows(PixelScan):
    """Each pixel is a step; a window, such as 7×7 pixels, is read whole before the next.

    It is the local scan of LocalMamba (Huang et al. 2024, arXiv 2403.09338), whose other direction
    has `{name: pixels, along: columns}` as `order` and as `within`. Where the size does not divide
    the image, the windows at the right and at the bottom are smaller.

    Args:
        size: the side of a window in pixels, or its height and width.
        order: the order of the windows, as a scan of the image whose pixels they are.
        within: the order of the pixels in a window.
        reverse: read the last pixel first.

    Raises:
        SeqvisionError: a scan that does not read pixel by pixel as an order.

    Examples:
        >>> import keras
        >>> from seqvision.scans import Windows
        >>> keras.ops.shape(Windows(size=2)(keras.ops.zeros((2, 4, 6, 1))))
        (2, 24, 1)
    """

    def __init__(
        self,
        size: PositiveInt | ImageSize = 7,
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
        tops, lefts = range(0, height, high), range(0, width, wide)
        places = np.arange(height * width).reshape(height, width)
        windows = [places[y : y + high, x : x + wide] for y in tops for x in lefts]
        read = [
            windows[k].ravel()[self._in_order_within(*windows[k].shape)]
            for k in self._in_order(len(tops), len(lefts))
        ]
        return np.concatenate(read)

    def get_config(self) -> dict[str, Any]:
        own = {"size": self.size, "order": self.order, "within": self.within}
        return {**super().get_config(), **own}
