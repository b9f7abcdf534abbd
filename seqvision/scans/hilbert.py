"""Pixel by pixel, along Hilbert's curve."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan


@SCANS.register("hilbert", steps="height × width", paper="Zhao et al. 2022, arXiv 2202.10240")
@keras.saving.register_keras_serializable("seqvision")
class Hilbert(PixelScan):
    """Each pixel is a step, along Hilbert's curve, for which near in time is near in the image.

    Each step's pixel is a neighbour of the one before, whatever the size. In squares of a power of
    two it is the curve that Hilbert drew in 1891, from the top left corner to the bottom left one,
    and S4's `permute: hilbert` (state-spaces/s4); other sizes are halved by the idea of Jakub
    Červený's gilbert (jakubcerveny/gilbert). Images were read so by Zhao et al. 2022 (arXiv
    2202.10240) and FractalMamba (arXiv 2405.14480), patch by patch: `{name: patches, order:
    hilbert}`.

    Args:
        reverse: read the last pixel first.

    Examples:
        >>> from seqvision.scans import Hilbert
        >>> Hilbert().places(3, 3).tolist()
        [0, 1, 2, 5, 8, 7, 4, 3, 6]
    """

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def places(self, height: int, width: int) -> np.ndarray:
        return _places(height, width)


@lru_cache(64)
def _places(height: int, width: int) -> np.ndarray:
    down, right = height * 1j, width + 0j
    # A path from corner to corner along a side reaches every pixel without a diagonal step only if
    # the side is even or the other is odd: as on a chessboard, it changes colour at every step.
    sideways = width % 2 == 0 if (height + width) % 2 else width > height
    path = _path(0j, right, down) if sideways else _path(0j, down, right)
    points = np.array(list(path))
    return (np.imag(points) * width + np.real(points)).astype(int)


def _path(start: complex, along: complex, across: complex) -> Iterator[complex]:
    """The pixels, as column + row · i, of a rectangle, from a corner to the next one.

    Args:
        start: the first corner's pixel.
        along: the side to the corner where it ends, as a vector.
        across: the other side.
    """
    length, breadth = int(abs(along)), int(abs(across))
    ahead, aside = along / length, across / breadth
    if length == 1 or breadth == 1:
        yield from (start + k * (ahead if breadth == 1 else aside) for k in range(length * breadth))
    elif 2 * length > 3 * breadth:  # One half after the other.
        half = _even_half(length) * ahead
        yield from _path(start, half, across)
        yield from _path(start + half, along - half, across)
    else:  # Aside through a quarter, ahead through the far half, back through the other quarter.
        half, beside = length // 2 * ahead, _even_half(breadth) * aside
        yield from _path(start, beside, half)
        yield from _path(start + beside, along, across - beside)
        yield from _path(start + along - ahead + beside - aside, -beside, half - along)


def _even_half(size: int) -> int:
    half = size // 2
    return half + 1 if half % 2 and size > 2 else half
