"""Pixel by pixel, in a fixed random order: the permuted MNIST of many papers."""

from typing import Any, Literal

import keras
import numpy as np

from seqvision.errors import SeqvisionError
from seqvision.scans import SCANS
from seqvision.scans.base import PixelScan

_SEEDS = {"urnn": 92916, "lmu": 0, "unicornn": 5544, "cornn": 12008}
_OF_TORCH = {"unicornn", "cornn", "torch"}


@SCANS.register(
    "permuted", steps="height × width", paper="Le, Jaitly & Hinton 2015, arXiv 1504.00941"
)
@keras.saving.register_keras_serializable("seqvision")
class Permuted(PixelScan):
    """Each pixel is a step, in an order without any pattern, the same for all images.

    Le, Jaitly & Hinton 2015 (arXiv 1504.00941) introduced it for MNIST (psMNIST) and gave no order.
    Accuracies compare only where orders are equal; by the code published with the papers they are:

    - `urnn`: NumPy's `RandomState(92916).permutation(784)`; Wisdom et al. 2016 (arXiv 1611.00035,
      stwisdom/urnn), scoRNN (arXiv 1707.09520), expRNN (arXiv 1901.08428). The uRNN before it
      (arXiv 1511.06464) has another one, which depends on NumPy's state at the time.
    - `lmu`: NumPy's `RandomState(0).permutation(784)`; nengo/keras-lmu, of Voelker et al. 2019.
    - `unicornn`: `torch.randperm(784)` after `torch.manual_seed(5544)`; UnICORNN (arXiv 2103.05487,
      tk-rusch/unicornn), LEM (arXiv 2110.04744).
    - `cornn`: the same with seed 12008; coRNN (arXiv 2010.00951, tk-rusch/coRNN), Lipschitz RNN
      (arXiv 2006.12070).
    - `bit_reversal`: pixel t is the one whose number has t's bits in reverse; S4 (arXiv 2111.00396,
      state-spaces/s4) and S5 (arXiv 2208.04933).

    In images of other sizes it is what the same lines give for as many pixels.

    Args:
        by: one of these; or `numpy` or `torch`, with a seed of one's own.
        seed: that of NumPy's or torch's generator, from 0 to 2³² − 1; 0 if None. PyTorch need not
            be installed.
        reverse: read the last pixel first.

    Raises:
        SeqvisionError: a seed where there is none to choose, or one that is out of range.

    Examples:
        >>> from seqvision.scans import Permuted
        >>> Permuted(by="numpy").places(3, 3).tolist()
        [7, 2, 1, 4, 8, 6, 3, 0, 5]
    """

    def __init__(
        self,
        by: Literal["urnn", "lmu", "unicornn", "cornn", "bit_reversal", "numpy", "torch"] = "urnn",
        seed: int | None = None,
        reverse: bool = False,
        **kwargs: Any,
    ):
        super().__init__(reverse, **kwargs)
        if seed is not None and by not in ("numpy", "torch"):
            raise SeqvisionError(
                f"model: the scan 'permuted' by {by!r} has its own order, so no seed, got {seed}"
            )
        if seed is not None and not 0 <= seed < 2**32:
            raise SeqvisionError(
                f"model: the scan 'permuted' takes a seed from 0 to 2³² − 1, got {seed}"
            )
        self.by = by
        self.seed = seed

    def places(self, height: int, width: int) -> np.ndarray:
        pixels = height * width
        if self.by == "bit_reversal":
            return _bits_reversed(pixels)
        # The generator that NumPy promises to keep as it is.
        random = np.random.RandomState(_SEEDS.get(self.by, self.seed or 0))
        return _randperm(random, pixels) if self.by in _OF_TORCH else random.permutation(pixels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "by": self.by, "seed": self.seed}


def _randperm(random: np.random.RandomState, size: int) -> np.ndarray:
    """What `torch.randperm(size)` gives on a processor.

    Both generators are MT19937, seeded alike; torch shuffles from the front, with the remainder of
    one draw of 32 bits each.
    """
    order = np.arange(size)
    for k, draw in enumerate(random.randint(0, 2**32, size, dtype=np.uint32)[: size - 1]):
        other = k + int(draw) % (size - k)
        order[[k, other]] = order[[other, k]]
    return order


def _bits_reversed(size: int) -> np.ndarray:
    """The numbers below `size` in the order of their bits reversed."""
    bits = (size - 1).bit_length()
    counted, reversed_ = np.arange(1 << bits), np.zeros(1 << bits, int)
    for bit in range(bits):
        reversed_ |= (counted >> bit & 1) << bits - 1 - bit
    return reversed_[reversed_ < size]
