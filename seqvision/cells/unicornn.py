"""The undamped independent controlled oscillatory recurrent network."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base_oscillator import OscillatorCell
from seqvision.cells.primitives import knot
from seqvision.options import Initializer, PositiveFloat

_AS_KAIMING: Any = {
    "class_name": "VarianceScaling",
    "config": {"scale": 2 / 65, "mode": "fan_in", "distribution": "uniform"},
}
"""He et al.'s for a leaky ReLU of slope 8: 2 / (1 + 8²)."""
_UP_TO_1: Any = {"class_name": "RandomUniform", "config": {"minval": 0.0, "maxval": 1.0}}


@CELLS.register("unicornn", paper="Rusch & Mishra 2021, arXiv 2103.05487", states="units, units")
@keras.saving.register_keras_serializable("seqvision")
class UnICORNNCell(OscillatorCell):
    """Undamped independent controlled oscillatory network: units that swing alone, at own paces.

        z' = z − Δt σ(c) ∘ (tanh(x V + w ∘ y + b) + α y)
        y' = y + Δt σ(c) ∘ z'

    Each unit sees only itself, by its one weight w, and learns by c how much of Δt passes for it
    in a step. Nothing damps it: the steps are symplectic, those of a Hamiltonian system, in which
    a gradient neither vanishes nor explodes. Units mix in the layer above, so the paper stacks
    several: in the family `stacked`, or in residual blocks by the mixer `recurrent`.

    The output is y', the states are `[y, z]`. `recurrent_kernel` is w, `time_control` is c.

    Args:
        time_step: Δt; this and α are by default those of the paper's code for the pixels of MNIST
            in a random order, one a step, in three layers of 256 units.
        alpha: α, the restoring force, zero or more.
        kernel_initializer: of V; None is uniform up to √(6 / 65 / features), as in the code of the
            paper.
        recurrent_initializer: of w; None is uniform in [0, 1], as there.
        control_initializer: of c; None is uniform in [−0.1, 0.1], as there.
        others: those of `OscillatorCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import UnICORNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(UnICORNNCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Rusch & Mishra, "UnICORNN: a recurrent model for learning very long time dependencies",
        2021, arXiv 2103.05487.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        time_step: PositiveFloat = 0.19,
        alpha: float = 30.65,
        kernel_initializer: Initializer | None = None,
        recurrent_initializer: Initializer | None = None,
        control_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            *args,
            time_step=time_step,
            kernel_initializer=kernel_initializer or _AS_KAIMING,
            recurrent_initializer=recurrent_initializer or _UP_TO_1,
            **kwargs,
        )
        self.alpha = alpha
        around_0 = keras.initializers.RandomUniform(-0.1, 0.1)
        self.control_initializer = keras.initializers.get(control_initializer or around_0)

    def build(self, input_shape: Any) -> None:
        units = self.units
        self.kernel = self.add_weight(
            (input_shape[-1], units), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (units,), self.recurrent_initializer, name="recurrent_kernel"
        )
        self.time_control = self.add_weight((units,), self.control_initializer, name="time_control")
        self.bias = self.add_weight((units,), self.bias_initializer, name="bias")

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        y, z = states
        time_step = self.time_step * ops.sigmoid(self.time_control)
        driven = self.activation(projected + self.recurrent_kernel * self.dropped(y, training))
        z = knot(z - time_step * (driven + self.alpha * y))
        y = y + time_step * z
        return y, [y, z]
