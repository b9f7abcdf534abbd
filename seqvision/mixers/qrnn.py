"""The quasi-recurrent neural network: an LSTM whose gates read inputs only, by a convolution."""

from typing import Any

import keras
from keras import ops

from seqvision.mixers import MIXERS
from seqvision.mixers.base import LinearMixer
from seqvision.options import PositiveInt


@MIXERS.register(
    "qrnn",
    paper="Bradbury et al. 2016, arXiv 1611.01576",
    states="features, (window − 1) · features",
)
@keras.saving.register_keras_serializable("seqvision")
class QRNN(LinearMixer):
    """Quasi-recurrent neural network, with fo-pooling: a forget and an output gate.

        X = x(t), x(t − 1), … side by side        the last `window` steps
        z = tanh(X W_z + b_z),  f = σ(X W_f + b_f),  o = σ(X W_o + b_o)
        c' = f ∘ c + (1 − f) ∘ z
        h = o ∘ c'

    The forget gate is the write gate too: what it does not keep is written anew, as there is no
    input gate. h is what comes out; the states are c and the inputs before. The kernel holds W_z,
    W_f and W_o, with the latest step's weights on top.

    Args:
        window: how many steps, with its own, the gates of a step read.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import QRNN
        >>> mixer = QRNN(window=2)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Bradbury et al., "Quasi-recurrent neural networks", 2016, arXiv 1611.01576.
    """

    def __init__(self, window: PositiveInt = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.window = window

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        size = input_shape[-1]
        shape = (self.window * size, 3 * size)
        self.kernel = self.add_weight(shape, "lecun_normal", name="kernel")
        self.bias = self.add_weight((3 * size,), "zeros", name="bias")

    def size(self, features: int) -> int:
        return features

    def seen(self, steps: list[Any]) -> Any:
        """What goes into tanh and the sigmoids: of z, f and o."""
        row = ops.matmul(ops.concatenate(steps, axis=-1), self.kernel) + self.bias
        return ops.cast(row, self.state_dtype)

    def recurrence(self, inputs: Any) -> tuple[Any, Any]:
        z, f, _ = ops.split(inputs, 3, axis=-1)
        # 1 − σ(f), which close to 0 would have no digits left.
        return ops.sigmoid(f), ops.sigmoid(-f) * ops.tanh(z)

    def read(self, state: Any, inputs: Any) -> Any:
        return ops.sigmoid(ops.split(inputs, 3, axis=-1)[2]) * state
