"""The LSTM with peepholes, a projected output and clips: TensorFlow 1's `LSTMCell`."""

from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.cells.base_lstm import BaseLSTMCell
from seqvision.cells.primitives import gates, times
from seqvision.cells.recurrent_dropout import RecurrentDropout


@CELLS.register(
    "peephole_lstm",
    paper="Gers & Schmidhuber 2000; Sak et al. 2014, arXiv 1402.1128",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class PeepholeLSTMCell(RecurrentDropout, BaseLSTMCell):
    """LSTM whose gates see the cell state, with an optional projection and clips.

        i = σ(x W_i + h U_i + p_i ∘ c + b_i)
        f = σ(x W_f + h U_f + p_f ∘ c + b_f)
        c' = clip(f ∘ c + i ∘ tanh(x W_c + h U_c + b_c))
        o = σ(x W_o + h U_o + p_o ∘ c' + b_o)
        h' = clip((o ∘ tanh(c')) P)

    The output gate looks at the new cell state. Kernels hold their gates in Keras's order i, f,
    c, o, the states are `[h, c]`.

    Args:
        use_peepholes: whether the gates see the cell state; without, it is a plain LSTM.
        others: those of `BaseLSTMCell`, `RecurrentDropout` and `RegularizedCell`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import PeepholeLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(PeepholeLSTMCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Gers & Schmidhuber, "Recurrent nets that time and count", 2000; Sak, Senior & Beaufays,
        "Long short-term memory recurrent neural network architectures for large scale acoustic
        modeling", 2014, arXiv 1402.1128.
    """

    elementwise = True

    def __init__(self, *args: Any, use_peepholes: bool = True, **kwargs: Any):
        super().__init__(*args, use_peepholes=use_peepholes, **kwargs)

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        recurrent = times(self.dropped(h, training), self.used_kernel("recurrent_kernel"))
        i, f, g, o = gates(projected + recurrent, 4)
        i, f = self.gate(i, c, self.input_peephole), self.gate(f, c, self.forget_peephole)
        c = self.clipped(f * c + i * self.activation(g))
        return self.put_out(o, c)
