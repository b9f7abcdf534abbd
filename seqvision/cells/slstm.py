"""sLSTM: the xLSTM's cell with exponential gates and a normaliser."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.initializers import forget_biases, of_each_group, raised_bias
from seqvision.cells.primitives import gates, grouped_times, knot
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.errors import SeqvisionError
from seqvision.options import PositiveInt, Share

_LOWEST = -6e4
"""Of it exp is 0, and half precision has it."""


@CELLS.register(
    "slstm", paper="Beck et al. 2024, arXiv 2405.04517", states="units, units, units, units"
)
@keras.saving.register_keras_serializable("seqvision")
class SLSTMCell(RecurrentDropout, GatedCell):
    """sLSTM of xLSTM: an LSTM whose exponential gates let a new input outweigh all before it.

        i = exp(x W_i + h U_i + b_i),  f = σ(x W_f + h U_f + b_f),  o = σ(x W_o + h U_o + b_o)
        c' = f ∘ c + i ∘ tanh(x W_c + h U_c + b_c),  n' = f ∘ n + i
        h' = o ∘ c' / n'

    c' / n' is a mean of all that went in, weighted. The units are of heads that do not see each
    other: U is block-diagonal. So that no power of e is too large, c and n are kept times exp(−m),
    with m' = max(log f + m, log i); at first, while n is 0, m' = log i. Kernels hold the gates in
    Keras's order i, f, c, o, the recurrent one is `(heads, units / heads, 4 · units / heads)`; the
    states are `[h, c, n, m]`.

    Convolution, norm and the layers around it in the paper's block are for whoever stacks it.

    Args:
        units: size of each state.
        num_heads: how many blocks the recurrent kernel has; it divides `units`.
        forget_gate: `sigmoid`, or `exp` for f = exp(x W_f + h U_f + b_f), which the paper has too.
        forget_min, forget_max: what b_f makes of f at first, of the first unit of each head and of
            the last; between 0 and 1. Between them log f / (1 − f) is evenly spaced.
        others: those of `GatedCell`, of which `recurrent_activation` is the output gate's, and of
            `RecurrentDropout`.

    Raises:
        SeqvisionError: `units` is not a multiple of `num_heads`, or f does not begin between 0 and
            1.

    Examples:
        >>> import keras
        >>> from seqvision.cells import SLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(SLSTMCell(16, num_heads=4), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Beck et al., "xLSTM: extended long short-term memory", 2024, arXiv 2405.04517.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        num_heads: PositiveInt = 1,
        *,
        forget_gate: Literal["sigmoid", "exp"] = "sigmoid",
        forget_min: Share = 0.95,
        forget_max: Share = 0.9975,
        **kwargs: Any,
    ):
        super().__init__(units, **kwargs)
        if units % num_heads:
            raise SeqvisionError(
                f"slstm: units must be a multiple of num_heads={num_heads}, got {units}"
            )
        if not 0 < forget_min <= forget_max < 1:
            raise SeqvisionError(
                f"slstm: expected 0 < forget_min ≤ forget_max < 1, got {forget_min} and "
                f"{forget_max}"
            )
        self.num_heads = num_heads
        self.forget_gate = forget_gate
        self.forget_min = forget_min
        self.forget_max = forget_max
        self.state_size = [units] * 4

    def build(self, input_shape: Any) -> None:
        size = self.units // self.num_heads
        self.kernel = self.add_weight(
            (input_shape[-1], 4 * self.units), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.num_heads, size, 4 * size),
            of_each_group(self.recurrent_initializer),
            name="recurrent_kernel",
        )
        forget = forget_biases(self.forget_gate, self.forget_min, self.forget_max, size)
        bias = raised_bias(self.bias_initializer, 1, 4, [*forget] * self.num_heads)
        self.bias = self.add_weight((4 * self.units,), bias, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c, n, m = states
        z = projected + grouped_times(self.dropped(h, training), self.recurrent_kernel, gates=4)
        i, f, z, o = gates(z, 4)
        f = m + (f if self.forget_gate == "exp" else ops.log_sigmoid(f))
        f = knot(ops.where(n == 0, ops.full_like(f, _LOWEST), f))  # Of nothing nothing is kept.
        m = knot(ops.maximum(f, i))
        i, f = ops.exp(i - m), ops.exp(f - m)
        c, n = knot(f * c + i * self.activation(z)), knot(f * n + i)  # n is 1 or more.
        h = self.recurrent_activation(o) * c / n
        return h, [h, c, n, m]
