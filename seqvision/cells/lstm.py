"""Long short-term memory."""

import keras

from seqvision.cells import CELLS
from seqvision.options import Activation, Constraint, Initializer, Rate, Regularizer


@CELLS.register("lstm", paper="Hochreiter & Schmidhuber 1997", states="units, units")
@keras.saving.register_keras_serializable("seqvision")
class LSTMCell(keras.layers.LSTMCell):
    """Long short-term memory with a forget gate (Gers et al. 2000).

    i, f, o = σ(W x + U h + b), new cell state c = f ⊙ c + i ⊙ tanh(W_c x + U_c h + b_c), output
    o ⊙ tanh(c). Weights and arguments are those of `keras.layers.LSTMCell`.
    """

    def __init__(
        self,
        units: int,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        bias_initializer: Initializer = "zeros",
        unit_forget_bias: bool = True,
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
