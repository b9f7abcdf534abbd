"""The cell that neural architecture search found."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.primitives import gates, knot, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.regularized import RegularizedCell
from seqvision.options import Initializer, PositiveInt


@CELLS.register(
    "nas", paper="Zoph & Le 2016, arXiv 1611.01578", states="projection or units, units"
)
@keras.saving.register_keras_serializable("seqvision")
class NASCell(RecurrentDropout, RegularizedCell):
    """The recurrent cell found by neural architecture search: a tree of eight leaves.

    With x_k = x W_k and m_k = h U_k + b_k, for k from 0 to 7:

        a_0 = tanh(tanh(σ(x_0 + m_0) ∘ relu(x_1 + m_1)) + c)
        a_1 = tanh(σ(x_2 + m_2) + relu(x_3 ∘ m_3))
        a_2 = tanh(tanh(x_4 + m_4) ∘ σ(x_5 + m_5))
        a_3 = σ(tanh(x_6 + m_6) + σ(x_7 + m_7))
        c' = a_0 ∘ a_1
        h' = tanh(c' ∘ tanh(a_2 + a_3)) P

    Kernels hold the eight leaves in this order; the states are `[h, c]`.

    Args:
        units: size of the cell state.
        projection: size of the output, given by a linear projection P; None for no projection.
        use_bias: whether there is b.

    Examples:
        >>> import keras
        >>> from seqvision.cells import NASCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(NASCell(16, projection=8))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 8)

    References:
        Zoph & Le, "Neural architecture search with reinforcement learning", 2016,
        arXiv 1611.01578.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        projection: PositiveInt | None = None,
        use_bias: bool = False,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        projection_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.projection = projection
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.projection_initializer = keras.initializers.get(projection_initializer)
        self.output_size = projection or units
        self.state_size = [self.output_size, units]

    def build(self, input_shape: Any) -> None:
        leaves = 8 * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], leaves), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.output_size, leaves), self.recurrent_initializer, name="recurrent_kernel"
        )
        if self.use_bias:
            self.bias = self.add_weight((leaves,), self.bias_initializer, name="bias")
        if self.projection:
            self.projection_kernel = self.add_weight(
                (self.units, self.projection),
                self.projection_initializer,
                name="projection_kernel",
            )

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel)

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        m = times(self.dropped(h, training), self.recurrent_kernel)
        if self.use_bias:
            m = m + self.bias  # Not in `project`: leaf 3 multiplies x by the biased m.
        x, m = ops.split(projected, 8, axis=-1), gates(m, 8)
        sigmoid, tanh, relu = ops.sigmoid, ops.tanh, ops.relu
        a0 = tanh(tanh(sigmoid(x[0] + m[0]) * relu(x[1] + m[1])) + c)
        a1 = tanh(sigmoid(x[2] + m[2]) + relu(x[3] * m[3]))
        a2 = tanh(tanh(x[4] + m[4]) * sigmoid(x[5] + m[5]))
        a3 = sigmoid(tanh(x[6] + m[6]) + sigmoid(x[7] + m[7]))
        c = knot(a0 * a1)
        h = tanh(c * tanh(a2 + a3))
        if self.projection:
            h = times(h, self.projection_kernel)
        return h, [h, c]
