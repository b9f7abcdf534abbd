"""The independently recurrent network, whose units see only their own past."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.regularized import RegularizedCell
from seqvision.errors import SeqvisionError
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt

UNIFORM: Any = {"class_name": "RandomUniform", "config": {"minval": -1.0, "maxval": 1.0}}
"""Where recurrent weights of such cells start unless told otherwise."""


@CELLS.register("indrnn", paper="Li et al. 2018, arXiv 1803.04831", states="units")
@keras.saving.register_keras_serializable("seqvision")
class IndRNNCell(RecurrentDropout, RegularizedCell):
    """Independently recurrent neural network: each unit has one recurrent weight.

        h' = relu(x W + u ∘ h + b)

    Args:
        units: size of the state.
        activation: relu in the paper, tanh in TensorFlow.
        recurrent_clip: bound of |u|, kept at the start and after each update of the weights.
            The paper's bound for T steps is 2^(1/T) with relu: 1.025 for 28 steps.
        recurrent_initializer: of u; None is uniform in [-1, 1], as TensorFlow's.

    Raises:
        SeqvisionError: there are both a `recurrent_clip` and a `recurrent_constraint`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import IndRNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(IndRNNCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Li et al., "Independently recurrent neural network (IndRNN): building a longer and
        deeper RNN", 2018, arXiv 1803.04831.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "relu",
        recurrent_clip: PositiveFloat | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer | None = None,
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_clip = recurrent_clip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer or UNIFORM)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        if recurrent_clip and self.recurrent_constraint:
            raise SeqvisionError(
                "indrnn: recurrent_clip is itself a constraint of the recurrent weights; give "
                f"either it or recurrent_constraint, got {recurrent_clip} and "
                f"{self.recurrent_constraint}"
            )
        self.state_size = units
        self.output_size = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(
            (input_shape[-1], self.units), self.kernel_initializer, name="kernel"
        )
        bound = MaxAbs(self.recurrent_clip) if self.recurrent_clip else None
        draw = self.recurrent_initializer
        self.recurrent_kernel = self.add_weight(
            (self.units,),
            (lambda shape, dtype=None: bound(draw(shape, dtype=dtype))) if bound else draw,
            constraint=bound or self.recurrent_constraint,
            name="recurrent_kernel",
        )
        self.bias = self.add_weight((self.units,), self.bias_initializer, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        seen = self.dropped(states[0], training)
        h = self.activation(projected + self.recurrent_kernel * seen)
        return h, [h]


@keras.saving.register_keras_serializable("seqvision")
class MaxAbs(keras.constraints.Constraint):
    """Keeps the absolute values of a weight within a bound."""

    def __init__(self, bound: float):
        self.bound = bound

    def __call__(self, w: Any) -> Any:
        return ops.clip(w, -self.bound, self.bound)

    def get_config(self) -> dict[str, Any]:
        return {"bound": self.bound}
