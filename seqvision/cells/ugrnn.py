"""The two cells of "Capacity and trainability in recurrent neural networks"."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.initializers import raised_bias
from seqvision.cells.primitives import gates, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.options import Activation, PositiveInt


@CELLS.register("ugrnn", paper="Collins et al. 2016, arXiv 1611.09913", states="units")
@keras.saving.register_keras_serializable("seqvision")
class UGRNNCell(RecurrentDropout, GatedCell):
    """Update-gate RNN: one gate says how much of the state is kept.

        g = σ(x W_g + h U_g + b_g)
        h' = g ∘ h + (1 − g) ∘ tanh(x W_c + h U_c + b_c)

    Kernels hold g, then c.

    Args:
        forget_bias: what the gate's bias starts at, besides its initializer: above zero keeps.
        others: those of `GatedCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import UGRNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(UGRNNCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Collins, Sohl-Dickstein & Sussillo, "Capacity and trainability in recurrent neural
        networks", 2016, arXiv 1611.09913.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        forget_bias: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.forget_bias = forget_bias

    def build(self, input_shape: Any) -> None:
        gates = 2 * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 0, 2, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        g, c = gates(projected + times(self.dropped(h, training), self.recurrent_kernel), 2)
        g = self.recurrent_activation(g)
        h = g * h + (1 - g) * self.activation(c)
        return h, [h]


@CELLS.register("intersection_rnn", paper="Collins et al. 2016, arXiv 1611.09913", states="units")
@keras.saving.register_keras_serializable("seqvision")
class IntersectionRNNCell(RecurrentDropout, GatedCell):
    """+RNN: an update gate along time, and another along depth from input to output.

        g_h = σ(x W_gh + h U_gh + b_gh),  h' = g_h ∘ h + (1 − g_h) ∘ tanh(x W_h + h U_h + b_h)
        g_y = σ(x W_gy + h U_gy + b_gy),  y = g_y ∘ x + (1 − g_y) ∘ relu(x W_y + h U_y + b_y)

    y is the output, h' the state. x is the input itself if it is as wide as the state, and else
    a linear projection of it. Kernels hold g_h, h, g_y, y.

    Args:
        units: size of the state and of the output.
        activation: of the candidate along time.
        output_activation: of the candidate along depth.
        forget_bias: what both gates' biases start at, besides their initializer.
        others: those of `GatedCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import IntersectionRNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(IntersectionRNNCell(8), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Collins, Sohl-Dickstein & Sussillo, "Capacity and trainability in recurrent neural
        networks", 2016, arXiv 1611.09913.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "tanh",
        output_activation: Activation = "relu",
        *,
        forget_bias: float = 1.0,
        **kwargs: Any,
    ):
        super().__init__(units, activation, **kwargs)
        self.output_activation: Any = keras.activations.get(output_activation)
        self.forget_bias = forget_bias

    def build(self, input_shape: Any) -> None:
        units, gates, features = self.units, 4 * self.units, input_shape[-1]
        self.input_kernel = None
        if features != units:
            self.input_kernel = self.add_weight(
                (features, units), self.kernel_initializer, name="input_kernel"
            )
            self.input_bias = self.add_weight((units,), self.bias_initializer, name="input_bias")
        self.kernel = self.add_weight((units, gates), self.kernel_initializer, name="kernel")
        self.recurrent_kernel = self.add_weight(
            (units, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 0, 4, self.forget_bias)
        bias = raised_bias(bias, 2, 4, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        if self.input_kernel is not None:
            sequence = ops.matmul(sequence, self.input_kernel) + self.input_bias
        return [ops.matmul(sequence, self.kernel) + self.bias, sequence]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        z, x = projected
        gh, c, gy, y = gates(z + times(self.dropped(h, training), self.recurrent_kernel), 4)
        gh, gy = self.recurrent_activation(gh), self.recurrent_activation(gy)
        h = gh * h + (1 - gh) * self.activation(c)
        return gy * x + (1 - gy) * self.output_activation(y), [h]
