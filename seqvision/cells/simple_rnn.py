"""The plain recurrent network."""

import keras

from seqvision.cells import CELLS
from seqvision.options import Activation, Constraint, Initializer, Rate, Regularizer


@CELLS.register("simple_rnn", paper="Elman 1990", states="units")
@keras.saving.register_keras_serializable("seqvision")
class SimpleRNNCell(keras.layers.SimpleRNNCell):
    """A plain recurrent network: new state tanh(W x + U h + b).

    With `activation: relu` and `recurrent_initializer: identity` it is the IRNN of Le et al.
    2015, arXiv 1504.00941. Weights and arguments are those of `keras.layers.SimpleRNNCell`.
    """

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        recurrent_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        kernel_constraint: Constraint = None,
        recurrent_constraint: Constraint = None,
        bias_constraint: Constraint = None,
        dropout: Rate = 0.0,
        recurrent_dropout: Rate = 0.0,
        seed: int | None = None,
        **kwargs,
    ):
        own = {k: v for k, v in locals().items() if k not in ("self", "kwargs", "__class__")}
        super().__init__(**own, **kwargs)
