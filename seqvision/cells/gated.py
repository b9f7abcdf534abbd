"""The arguments that cells with gates share."""

from typing import Any

import keras

from seqvision.cells.regularized import RegularizedCell
from seqvision.options import Activation, Initializer, PositiveInt


class GatedCell(RegularizedCell):
    """A cell of ours with gates, whose state and output are of `units` unless it says otherwise.

    Args:
        units: size of the state.
        activation: of the candidate.
        recurrent_activation: of the gates.
        kernel_initializer, recurrent_initializer, bias_initializer: of the weights of these names.
    """

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        *,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.state_size: Any = units
        self.output_size = units
