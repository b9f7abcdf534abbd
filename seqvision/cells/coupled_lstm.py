"""The LSTM whose input gate is one minus its forget gate."""

from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.cells.base_lstm import BaseLSTMCell
from seqvision.cells.primitives import gates, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.options import Initializer


@CELLS.register(
    "coupled_lstm",
    paper="Greff et al. 2015, arXiv 1503.04069",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class CoupledLSTMCell(RecurrentDropout, BaseLSTMCell):
    """LSTM with the input gate coupled to the forget gate: what is forgotten is replaced.

        f = σ(x W_f + h U_f + p_f ∘ c + b_f)
        c' = clip(f ∘ c + (1 − f) ∘ tanh(x W_c + h U_c + b_c))
        o = σ(x W_o + h U_o + p_o ∘ c' + b_o)
        h' = clip((o ∘ tanh(c')) P)

    Kernels hold the gates in the order f, c, o; the states are `[h, c]`.

    Args:
        others: those of `BaseLSTMCell`, `RecurrentDropout` and `RegularizedCell`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import CoupledLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(CoupledLSTMCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Greff et al., "LSTM: a search space odyssey", 2015, arXiv 1503.04069 (variant CIFG).
    """

    elementwise = True
    gates = ("forget", "candidate", "output")

    def __init__(
        self, *args: Any, recurrent_initializer: Initializer = "glorot_uniform", **kwargs: Any
    ):
        super().__init__(*args, recurrent_initializer=recurrent_initializer, **kwargs)

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        recurrent = times(self.dropped(h, training), self.used_kernel("recurrent_kernel"))
        f, g, o = gates(projected + recurrent, 3)
        f = self.gate(f, c, self.forget_peephole)
        c = self.clipped(f * c + (1 - f) * self.activation(g))
        return self.put_out(o, c)
