"""The LSTM with weight normalisation."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.peephole_lstm import PeepholeLSTMCell
from seqvision.options import Initializer


@CELLS.register(
    "weight_norm_lstm",
    paper="Salimans & Kingma 2016, arXiv 1602.07868",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class WeightNormLSTMCell(PeepholeLSTMCell):
    """LSTM whose weight columns have a direction and, apart from it, a learned length.

        W = g_W ∘ V_W / ‖V_W‖,  U = g_U ∘ V_U / ‖V_U‖,  P likewise; ‖·‖ of each column
        i, f, o = σ(x W + h U + p ∘ c + b),  c' = clip(f ∘ c + i ∘ tanh(x W_c + h U_c + b_c))
        h' = clip((o ∘ tanh(c')) P)

    The input's and the state's weights are normalised apart. Kernels hold the gates in Keras's
    order i, f, c, o; the states are `[h, c]`; the output gate's peephole sees c'.

    Args:
        gain_initializer: of the lengths g. At one, an input of independent features of unit
            variance gives pre-activations of unit variance, which is what the paper's start
            aims at; TensorFlow drew them by glorot_uniform.
        others: those of `PeepholeLSTMCell`, here without peepholes unless asked for.

    Examples:
        >>> import keras
        >>> from seqvision.cells import WeightNormLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(WeightNormLSTMCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Salimans & Kingma, "Weight normalization: a simple reparameterization to accelerate
        training of deep neural networks", 2016, arXiv 1602.07868.
    """

    def __init__(
        self,
        *args: Any,
        use_peepholes: bool = False,
        recurrent_initializer: Initializer = "glorot_uniform",
        gain_initializer: Initializer = "ones",
        **kwargs: Any,
    ):
        super().__init__(
            *args,
            use_peepholes=use_peepholes,
            recurrent_initializer=recurrent_initializer,
            **kwargs,
        )
        self.gain_initializer = keras.initializers.get(gain_initializer)

    def add_kernel(self, name: str, shape: tuple[int, int], initializer: Any) -> None:
        super().add_kernel(name, shape, initializer)
        gain = _gain_of(name)
        setattr(self, gain, self.add_weight(shape[1:], self.gain_initializer, name=gain))

    def used_kernel(self, name: str) -> Any:
        """Return a kernel `(n, m)` whose columns have the lengths of its gain."""
        kernel, gain = getattr(self, name), getattr(self, _gain_of(name))
        squares = ops.sum(ops.square(kernel), axis=0)
        return kernel * (ops.rsqrt(ops.maximum(squares, keras.config.epsilon() ** 2)) * gain)


def _gain_of(kernel: str) -> str:
    """The name of a kernel's gain: `kernel_gain`, `recurrent_gain`, `projection_gain`."""
    return f"{kernel.removesuffix('_kernel')}_gain"
