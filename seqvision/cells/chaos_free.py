"""The chaos-free network, whose state fades to zero when the input does."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.initializers import raised_bias
from seqvision.cells.primitives import gates, times
from seqvision.cells.recurrent_dropout import RecurrentDropout


@CELLS.register("chaos_free", paper="Laurent & von Brecht 2016, arXiv 1612.06212", states="units")
@keras.saving.register_keras_serializable("seqvision")
class ChaosFreeCell(RecurrentDropout, GatedCell):
    """Chaos-free network (CFN): two gates, and states that mix only within them.

        θ = σ(x V_θ + h U_θ + b_θ)
        η = σ(x V_η + h U_η + b_η)
        h' = θ ∘ tanh(h) + η ∘ tanh(x W)

    `input_gate="complement"` is TensorFlow contrib's cell: its η is one minus the paper's, and
    lets in what η leaves out: h' = θ ∘ tanh(h) + (1 − η) ∘ tanh(x W).

    The kernel holds θ, η, W; the recurrent kernel and the bias θ, η.

    Args:
        input_gate: whether η opens (the paper) or closes (contrib) the way in.
        forget_bias: what b_θ starts at, besides its initializer: one in the paper.
        input_bias: what the bias of the gate on the input starts at: minus one in the paper. With
            `complement` b_η starts at its negative, which is one as in contrib.
        others: those of `GatedCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import ChaosFreeCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(ChaosFreeCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Laurent & von Brecht, "A recurrent neural network without chaos", 2016, arXiv 1612.06212.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        input_gate: Literal["paper", "complement"] = "paper",
        forget_bias: float = 1.0,
        input_bias: float = -1.0,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.input_gate = input_gate
        self.forget_bias = forget_bias
        self.input_bias = input_bias

    def build(self, input_shape: Any) -> None:
        units = self.units
        self.kernel = self.add_weight(
            (input_shape[-1], 3 * units), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (units, 2 * units), self.recurrent_initializer, name="recurrent_kernel"
        )
        open_at = self.input_bias if self.input_gate == "paper" else -self.input_bias
        bias = raised_bias(self.bias_initializer, 0, 2, self.forget_bias)
        self.bias = self.add_weight((2 * units,), raised_bias(bias, 1, 2, open_at), name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        x = ops.matmul(sequence, self.kernel)
        split = 2 * self.units
        return [x[..., :split] + self.bias, self.activation(x[..., split:])]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        z, x = projected
        theta, eta = gates(z + times(self.dropped(h, training), self.recurrent_kernel), 2)
        theta, eta = self.recurrent_activation(theta), self.recurrent_activation(eta)
        if self.input_gate == "complement":
            eta = 1 - eta
        h = theta * self.activation(h) + eta * x
        return h, [h]
