"""What cells share whose units are oscillators."""

from typing import Any

import keras
from keras import ops

from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.regularized import RegularizedCell
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


class OscillatorCell(RecurrentDropout, RegularizedCell):
    """A cell whose units have a place y, which is the output, and a velocity z.

    A step moves them on by a span of time, under a force that the input drives.

    Args:
        units: how many oscillators there are.
        activation: of what drives them.
        time_step: Δt, how much time passes in a step.
        kernel_initializer, recurrent_initializer, bias_initializer: of the weights of these names.
    """

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "tanh",
        *,
        time_step: PositiveFloat,
        kernel_initializer: Initializer | None,
        recurrent_initializer: Initializer | None,
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation: Any = keras.activations.get(activation)
        self.time_step = time_step
        self.kernel_initializer: Any = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer: Any = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.state_size = [units, units]
        self.output_size = units

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias
