"""IndyGRU and IndyLSTM: a GRU and an LSTM whose units see only their own past."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.indrnn import UNIFORM
from seqvision.cells.initializers import raised_bias
from seqvision.cells.primitives import knot
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.options import Initializer


@CELLS.register("indy_gru", paper="Li et al. 2018, arXiv 1803.04831", states="units")
@keras.saving.register_keras_serializable("seqvision")
class IndyGRUCell(RecurrentDropout, GatedCell):
    """GRU with diagonal recurrence, as TensorFlow contrib had it.

        z = σ(x W_z + u_z ∘ h + b_z),  r = σ(x W_r + u_r ∘ h + b_r)
        h' = z ∘ h + (1 − z) ∘ tanh(x W_h + u_h ∘ r ∘ h + b_h)

    Weights hold the gates in Keras's order z, r, h.

    Args:
        gate_bias: what b_z and b_r start at, besides their initializer.
        recurrent_initializer: of u; None is uniform in [-1, 1].
        others: those of `GatedCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import IndyGRUCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(IndyGRUCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        The recurrence of Li et al. 2018, arXiv 1803.04831, in the unit of Cho et al. 2014,
        arXiv 1406.1078.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        gate_bias: float = 1.0,
        recurrent_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, recurrent_initializer=recurrent_initializer or UNIFORM, **kwargs)
        self.gate_bias = gate_bias

    def build(self, input_shape: Any) -> None:
        gates = 3 * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (gates,), self.recurrent_initializer, name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 0, 3, self.gate_bias)
        self.bias = self.add_weight((gates,), raised_bias(bias, 1, 3, self.gate_bias), name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        seen = self.dropped(h, training)
        x_z, x_r, x_h = ops.split(projected, 3, axis=-1)
        u_z, u_r, u_h = ops.split(ops.convert_to_tensor(self.recurrent_kernel), 3)
        z = self.recurrent_activation(x_z + u_z * seen)
        r = self.recurrent_activation(x_r + u_r * seen)
        h = z * h + (1 - z) * self.activation(x_h + u_h * r * seen)
        return h, [h]


@CELLS.register(
    "indy_lstm", paper="Gonnet & Deselaers 2019, arXiv 1903.08023", states="units, units"
)
@keras.saving.register_keras_serializable("seqvision")
class IndyLSTMCell(RecurrentDropout, GatedCell):
    """LSTM with diagonal recurrence.

        i, f, o = σ(x W + u ∘ h + b), each with its own W, u, b
        c' = f ∘ c + i ∘ tanh(x W_c + u_c ∘ h + b_c)
        h' = o ∘ tanh(c')

    Weights hold the gates in Keras's order i, f, c, o; the states are `[h, c]`.

    Args:
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        recurrent_initializer: of u; None is uniform in [-1, 1].
        others: those of `GatedCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import IndyLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(IndyLSTMCell(16, forget_bias=2.0), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Gonnet & Deselaers, "IndyLSTMs: independently recurrent LSTMs", 2019, arXiv 1903.08023.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        forget_bias: float = 1.0,
        recurrent_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, recurrent_initializer=recurrent_initializer or UNIFORM, **kwargs)
        self.forget_bias = forget_bias
        self.state_size = [self.units, self.units]

    def build(self, input_shape: Any) -> None:
        gates = 4 * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (gates,), self.recurrent_initializer, name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        seen = [self.dropped(h, training)] * 4
        recurrent = ops.concatenate(seen, axis=-1) * self.recurrent_kernel
        i, f, g, o = ops.split(projected + recurrent, 4, axis=-1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        c = knot(c)
        h = self.recurrent_activation(o) * self.activation(c)
        return h, [h, c]
