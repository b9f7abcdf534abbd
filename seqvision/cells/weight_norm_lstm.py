"""The LSTM with weight normalisation."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base import CellLayer, raised_bias
from seqvision.cells.primitives import gates, knot, times
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


@CELLS.register(
    "weight_norm_lstm",
    paper="Salimans & Kingma 2016, arXiv 1602.07868",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class WeightNormLSTMCell(CellLayer):
    """LSTM whose weight columns have a direction and, apart from it, a learned length.

        W = g_W ∘ V_W / ‖V_W‖,  U = g_U ∘ V_U / ‖V_U‖,  P likewise; ‖·‖ of each column
        i, f, o = σ(x W + h U + p ∘ c + b),  c' = clip(f ∘ c + i ∘ tanh(x W_c + h U_c + b_c))
        h' = clip((o ∘ tanh(c')) P)

    The input's and the state's weights are normalised apart. Kernels hold the gates in Keras's
    order i, f, c, o; the states are `[h, c]`; the output gate's peephole sees c'.

    Args:
        units: size of the cell state.
        use_peepholes: whether the gates see the cell state, through p.
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        cell_clip: bound of the cell state's absolute values; None for no bound.
        projection: size of the output, given by a linear projection P; None for no projection.
        projection_clip: bound of the projected output's absolute values.
        gain_initializer: of the lengths g. At one, an input of independent features of unit
            variance gives pre-activations of unit variance, which is what the paper's start
            aims at; TensorFlow drew them by glorot_uniform.

    References:
        Salimans & Kingma, "Weight normalization: a simple reparameterization to accelerate
        training of deep neural networks", 2016, arXiv 1602.07868.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        cell_clip: PositiveFloat | None = None,
        projection: PositiveInt | None = None,
        projection_clip: PositiveFloat | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "glorot_uniform",
        gain_initializer: Initializer = "ones",
        bias_initializer: Initializer = "zeros",
        peephole_initializer: Initializer = "glorot_uniform",
        projection_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.use_peepholes = use_peepholes
        self.forget_bias = forget_bias
        self.cell_clip = cell_clip
        self.projection = projection
        self.projection_clip = projection_clip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.gain_initializer = keras.initializers.get(gain_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.projection_initializer = keras.initializers.get(projection_initializer)
        self.output_size = projection or units
        self.state_size = [self.output_size, units]

    def build(self, input_shape: Any) -> None:
        units, gates, gain = self.units, 4 * self.units, self.gain_initializer
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.kernel_gain = self.add_weight((gates,), gain, name="kernel_gain")
        self.recurrent_kernel = self.add_weight(
            (self.output_size, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        self.recurrent_gain = self.add_weight((gates,), gain, name="recurrent_gain")
        bias = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")
        if self.use_peepholes:
            peephole = self.peephole_initializer
            self.input_peephole = self.add_weight((units,), peephole, name="input_peephole")
            self.forget_peephole = self.add_weight((units,), peephole, name="forget_peephole")
            self.output_peephole = self.add_weight((units,), peephole, name="output_peephole")
        if self.projection:
            self.projection_kernel = self.add_weight(
                (units, self.projection), self.projection_initializer, name="projection_kernel"
            )
            self.projection_gain = self.add_weight((self.projection,), gain, name="projection_gain")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, _normal(self.kernel, self.kernel_gain)) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        recurrent = times(h, _normal(self.recurrent_kernel, self.recurrent_gain))
        i, f, g, o = gates(projected + recurrent, 4)
        if self.use_peepholes:
            i = i + self.input_peephole * c
            f = f + self.forget_peephole * c
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        if self.cell_clip:
            c = ops.clip(c, -self.cell_clip, self.cell_clip)
        c = knot(c)
        if self.use_peepholes:
            o = o + self.output_peephole * c
        h = self.recurrent_activation(o) * self.activation(c)
        if self.projection:
            h = times(h, _normal(self.projection_kernel, self.projection_gain))
            if self.projection_clip:
                h = ops.clip(h, -self.projection_clip, self.projection_clip)
        return h, [h, c]


def _normal(kernel: Any, gain: Any) -> Any:
    """Give each column of a kernel its length."""
    squares = ops.sum(ops.square(kernel), axis=0)
    return kernel * (ops.rsqrt(ops.maximum(squares, keras.config.epsilon() ** 2)) * gain)
