"""Long short-term memory."""

import keras

from seqvision.cells import CELLS


@CELLS.register("lstm", paper="Hochreiter & Schmidhuber 1997", states="units, units")
@keras.saving.register_keras_serializable("seqvision")
class LSTMCell(keras.layers.LSTMCell):
    """Long short-term memory with a forget gate (Gers et al. 2000).

    i, f, o = σ(W x + U h + b), new cell state c = f ⊙ c + i ⊙ tanh(W_c x + U_c h + b_c), output
    o ⊙ tanh(c). Weights and arguments are those of `keras.layers.LSTMCell`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import LSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(LSTMCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
    """
