"""A temporal convolutional network."""

from typing import Any

import keras
from keras import ops

from seqvision.layers.masked import without_masked
from seqvision.layers.queue import behind, queue_of
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.options import PositiveInt, Rate


@MIXERS.register(
    "tcn",
    paper="Bai et al. 2018, arXiv 1803.01271",
    states="twice (kernel_size − 1) · 2^n · features, n = 0 to depth − 1",
)
@keras.saving.register_keras_serializable("seqvision")
class TCN(Mixer):
    """Temporal convolutional network: causal convolutions whose taps lie ever further apart.

        F(x) = dropout(ReLU(dropout(ReLU(x ∗ K + b)) ∗ K′ + b′))
        y = ReLU(x + F(x))

    in each of `depth` blocks, one upon another, with taps 1, 2, 4, … steps apart. Each kernel has
    its direction V and, apart from it, the length g of what leads to a feature: K = g V / ‖V‖
    (weight normalisation). What comes out depends on the last 1 + 2 (kernel_size − 1) (2^depth − 1)
    steps.

    A masked step between others counts as zeros in each convolution.

    Args:
        kernel_size: how many taps a kernel has.
        depth: how many blocks.
        dropout: the share of features that are set to zero, in all steps of a sample.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import TCN
        >>> mixer = TCN(depth=2)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Bai, Kolter & Koltun, "An empirical evaluation of generic convolutional and recurrent
        networks for sequence modeling", 2018, arXiv 1803.01271; Salimans & Kingma 2016, arXiv
        1602.07868.
    """

    skips_masked = False

    def __init__(
        self,
        kernel_size: PositiveInt = 3,
        depth: PositiveInt = 4,
        dropout: Rate = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.depth = depth
        self.dropout = dropout
        self.drop = keras.layers.SpatialDropout1D(dropout, dtype=self.dtype_policy, name="drop")

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        size = input_shape[-1]
        self.convolutions = []
        for n in range(2 * self.depth):
            direction = self.add_weight(
                (self.kernel_size, size, size),
                keras.initializers.RandomNormal(0.0, 0.01),
                name=f"direction_{n}",
            )

            def as_drawn(shape: Any, dtype: Any = None, direction: Any = direction) -> Any:
                return ops.cast(_length(ops.convert_to_tensor(direction)), dtype)

            length = self.add_weight((size,), as_drawn, name=f"length_{n}")
            bias = self.add_weight((size,), "zeros", name=f"bias_{n}")
            self.convolutions.append((direction, length, bias))

    def states(self, features: int) -> list[tuple[int, float]]:
        return [(self._apart(n) * features, 0.0) for n in range(2 * self.depth)]

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        x = without_masked(sequence, mask)
        after, queues = x, []
        for n, (direction, length, bias) in enumerate(self.convolutions):
            row = behind(after, states[n])
            queues.append(queue_of(row, self._apart(n)))
            kernel = ops.cast(direction * (length / _length(direction)), x.dtype)
            after = ops.conv(row, kernel, padding="valid", dilation_rate=2 ** (n // 2))
            after = self.drop(ops.relu(after + ops.cast(bias, x.dtype)), training=training)
            after = without_masked(after, mask)
            if n % 2:
                x = after = ops.relu(x + after)
        return x, queues

    def _apart(self, n: int) -> int:
        """How far the first tap of a kernel is from the last."""
        return (self.kernel_size - 1) * 2 ** (n // 2)


def _length(direction: Any) -> Any:
    """Of what leads to each feature."""
    return ops.sqrt(ops.sum(ops.square(direction), axis=(0, 1)))
