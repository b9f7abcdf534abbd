"""The LSTM whose input gate is one minus its forget gate."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base import CellLayer, raised_bias
from seqvision.cells.primitives import gates, knot, times
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


@CELLS.register(
    "coupled_lstm",
    paper="Greff et al. 2015, arXiv 1503.04069",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class CoupledLSTMCell(CellLayer):
    """LSTM with the input gate coupled to the forget gate: what is forgotten is replaced.

        f = σ(x W_f + h U_f + p_f ∘ c + b_f)
        c' = f ∘ c + (1 − f) ∘ tanh(x W_c + h U_c + b_c)
        o = σ(x W_o + h U_o + p_o ∘ c' + b_o)
        h' = clip((o ∘ tanh(c')) P)

    Kernels hold the gates in the order f, c, o; the states are `[h, c]`.

    Args:
        units: size of the cell state.
        use_peepholes: whether the gates see the cell state, through p.
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        projection: size of the output, given by a linear projection P; None for no projection.
        projection_clip: bound of the projected output's absolute values.

    References:
        Greff et al., "LSTM: a search space odyssey", 2015, arXiv 1503.04069 (variant CIFG).
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        projection: PositiveInt | None = None,
        projection_clip: PositiveFloat | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "glorot_uniform",
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
        self.projection = projection
        self.projection_clip = projection_clip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.projection_initializer = keras.initializers.get(projection_initializer)
        self.output_size = projection or units
        self.state_size = [self.output_size, units]

    def build(self, input_shape: Any) -> None:
        units, gates = self.units, 3 * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.output_size, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 0, 3, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")
        if self.use_peepholes:
            peephole = self.peephole_initializer
            self.forget_peephole = self.add_weight((units,), peephole, name="forget_peephole")
            self.output_peephole = self.add_weight((units,), peephole, name="output_peephole")
        if self.projection:
            self.projection_kernel = self.add_weight(
                (units, self.projection), self.projection_initializer, name="projection_kernel"
            )

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        f, g, o = gates(projected + times(h, self.recurrent_kernel), 3)
        if self.use_peepholes:
            f = f + self.forget_peephole * c
        f = self.recurrent_activation(f)
        c = knot(f * c + (1 - f) * self.activation(g))
        if self.use_peepholes:
            o = o + self.output_peephole * c
        h = self.recurrent_activation(o) * self.activation(c)
        if self.projection:
            h = times(h, self.projection_kernel)
            if self.projection_clip:
                h = ops.clip(h, -self.projection_clip, self.projection_clip)
        return h, [h, c]
