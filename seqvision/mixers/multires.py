"""A multiresolution convolution."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from seqvision.layers.long_convolution import long_convolution
from seqvision.layers.masked import without_masked
from seqvision.layers.precision import full
from seqvision.layers.queue import behind, queue_of
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.mixers.portable import is_for_others
from seqvision.options import PositiveInt


@MIXERS.register(
    "multires",
    paper="Shi et al. 2023, arXiv 2305.01638",
    states="2^n · features, n = 0 to depth − 1",
)
@keras.saving.register_keras_serializable("seqvision")
class Multires(Mixer):
    """Multiresolution convolution: two taps, over and over, twice as far apart each time.

        l₀ = x
        lₙ₊₁(t) = p₀ ∘ lₙ(t − 2ⁿ) + p₁ ∘ lₙ(t)
        hₙ₊₁(t) = q₀ ∘ lₙ(t − 2ⁿ) + q₁ ∘ lₙ(t)
        y = w₀ ∘ l_depth + Σ wₙ ∘ h_(depth + 1 − n) + w_(depth + 1) ∘ x

    as a wavelet transform parts what is slow from what is fast, with filters p and q of each
    feature that are learned and the same at all resolutions, and a learned mix of these: the tree
    of the paper that fades. What comes out depends on the last 2^depth steps. As all of it is
    linear, whole sequences are convolved with what one step leads to, by Fourier transforms.

    A masked step between others counts as zeros.

    Args:
        depth: how many resolutions: log2 of the steps, rounded up, to see all of a sequence. The
            default sees 1,024.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import Multires
        >>> mixer = Multires(depth=3)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Shi, Wang & Fox, "Sequence modeling with multiresolution convolutional memory", 2023, arXiv
        2305.01638.
    """

    skips_masked = False

    def __init__(self, depth: PositiveInt = 10, **kwargs: Any):
        super().__init__(**kwargs)
        self.depth = depth

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        size = input_shape[-1]

        def within(most: float) -> Any:
            return keras.initializers.RandomUniform(-most, most)

        self.low = self.add_weight((2, size), within(0.5**0.5), name="low")
        self.high = self.add_weight((2, size), within(0.5**0.5), name="high")
        mixed = within((self.depth + 2) ** -0.5)
        self.mix = self.add_weight((self.depth + 2, size), mixed, name="mix")

    def states(self, features: int) -> list[tuple[int, float]]:
        return [(2**n * features, 0.0) for n in range(self.depth)]

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        sequence = without_masked(sequence, mask)
        if is_for_others(training):
            return without_masked(self._tree(sequence, _moved), mask)
        # All of it is linear, so one convolution with what the tree makes of a single step; on
        # whole sequences the tree's sums read and write memory for every tap.
        out = long_convolution(sequence, self._kernel(ops.shape(sequence)[1]), training)
        return without_masked(ops.cast(out, sequence.dtype), mask)

    def _kernel(self, steps: Any) -> Any:
        """What comes out after a first step of one and zeros, `(features, steps)`."""
        first = ops.cast(ops.arange(steps) == 0, full(self.compute_dtype))
        return ops.transpose(self._tree(first[None, :, None], _moved)[0])

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        queues = []

        def moved(low: Any, by: int) -> Any:
            row = behind(low, states[len(queues)])
            queues.append(queue_of(row, by))
            return row[:, :-by]

        tree = self._tree(without_masked(sequence, mask), moved)
        return without_masked(tree, mask), queues

    def _tree(self, x: Any, moved: Callable[[Any, int], Any]) -> Any:
        """What comes out, if `moved` moves steps by so many to the right."""
        filters = self.low, self.high, self.mix
        p, q, w = (ops.cast(weight, x.dtype) for weight in filters)
        low, y = x, x * w[-1]
        for n in range(self.depth):
            before = moved(low, 2**n)
            y = y + w[self.depth - n] * (q[0] * before + q[1] * low)
            low = p[0] * before + p[1] * low
        return y + w[0] * low


def _moved(low: Any, by: int) -> Any:
    """Steps behind as many of zeros; where there are no others left, a zero for all of them."""
    if low.shape[1] is not None and low.shape[1] <= by:
        return 0.0
    return ops.pad(low, [[0, 0], [by, 0], [0, 0]])[:, : ops.shape(low)[1]]
