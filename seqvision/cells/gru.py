"""The gated recurrent unit: Keras's, and the one TensorFlow 1 had."""

from typing import Any

import keras
from keras import initializers, ops

from seqvision.cells import CELLS
from seqvision.options import Activation, Rate


@CELLS.register("gru", paper="Cho et al. 2014, arXiv 1406.1078", states="units")
@keras.saving.register_keras_serializable("seqvision")
class GRUCell(keras.layers.GRUCell):
    """Gated recurrent unit: an update and a reset gate.

    z = σ(W_z x + U_z h + b_z), r = σ(W_r x + U_r h + b_r), new state z ⊙ h + (1 − z) ⊙ c with
    c = tanh(W_c x + r ⊙ (U_c h + b_u) + b_c), or, with `reset_after=False`,
    c = tanh(W_c x + U_c (r ⊙ h) + b_c). Weights and arguments are those of `keras.layers.GRUCell`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import GRUCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(GRUCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
    """


@CELLS.register("tf1_gru", paper="Cho et al. 2014, arXiv 1406.1078v1", states="units")
@keras.saving.register_keras_serializable("seqvision")
class TF1GRUCell(GRUCell):
    """TensorFlow 1's GRUCell: reset gate before the matrix product, gate biases starting at 1.

    Its two kernels, one of both gates and one of the candidate, each stood over input and state
    together; Glorot's limit is that of the joint kernels (Glorot & Bengio 2010). The numbers are
    those of `tf.nn.rnn_cell.GRUCell` of TensorFlow 1.15; the weights are laid out as Keras does.

    Examples:
        >>> import keras
        >>> from seqvision.cells import TF1GRUCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(TF1GRUCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
    """

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        dropout: Rate = 0.0,
        recurrent_dropout: Rate = 0.0,
        seed: int | None = None,
        name: str | None = None,
        dtype: Any = None,
        trainable: bool = True,
    ):
        # No **kwargs: the other arguments of a GRU are fixed here.
        super().__init__(
            units,
            activation,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            reset_after=False,
            seed=seed,
            name=name,
            dtype=dtype,
            trainable=trainable,
        )

    def build(self, input_shape: Any) -> None:
        joint = _JointGlorot(input_shape[-1], self.units, self.seed)
        self.kernel_initializer = self.recurrent_initializer = joint
        self.bias_initializer = _gates_at_one
        super().build(input_shape)

    def get_config(self) -> dict[str, Any]:
        own = ("units", "activation", "dropout", "recurrent_dropout", "seed")
        config = keras.layers.Layer.get_config(self)
        activation = keras.activations.serialize(self.activation)
        return {**config, **{k: getattr(self, k) for k in own}, "activation": activation}


class _JointGlorot:
    """Glorot's uniform draw for gates and candidate, with the fans of the joint kernels."""

    def __init__(self, features: int, units: int, seed: int | None):
        self.fan_in = features + units
        self.units = units
        self.seed = keras.random.SeedGenerator(seed)

    def __call__(self, shape: tuple[int, int], dtype: Any = None) -> Any:
        blocks = []
        for width in (2 * self.units, self.units):
            limit = (6 / (self.fan_in + width)) ** 0.5
            size = (shape[0], width)
            blocks.append(keras.random.uniform(size, -limit, limit, dtype=dtype, seed=self.seed))
        return ops.concatenate(blocks, axis=1)


def _gates_at_one(shape: tuple[int], dtype: Any = None) -> Any:
    """The biases of update and reset gate are 1, that of the candidate 0."""
    units = shape[0] // 3
    ones, zeros = initializers.Ones(), initializers.Zeros()
    return ops.concatenate([ones((2 * units,), dtype=dtype), zeros((units,), dtype=dtype)])
