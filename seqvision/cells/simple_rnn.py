"""The plain recurrent network."""

import keras

from seqvision.cells import CELLS


@CELLS.register("simple_rnn", paper="Elman 1990", states="units")
@keras.saving.register_keras_serializable("seqvision")
class SimpleRNNCell(keras.layers.SimpleRNNCell):
    """A plain recurrent network: new state tanh(W x + U h + b).

    With `activation: relu` and `recurrent_initializer: identity` it is the IRNN of Le et al.
    2015, arXiv 1504.00941. Weights and arguments are those of `keras.layers.SimpleRNNCell`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import SimpleRNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(SimpleRNNCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
    """
