"""The coupled oscillatory recurrent network, whose units swing and drive one another."""

from typing import Any

import keras

from seqvision.cells import CELLS
from seqvision.cells.base_oscillator import OscillatorCell
from seqvision.cells.initializers import joint_kernel
from seqvision.cells.primitives import knot, times
from seqvision.options import Initializer, PositiveFloat

_AS_PYTORCH: Any = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1 / 3, "mode": "fan_in", "distribution": "uniform"},
}
"""Where PyTorch's linear layers start: uniform up to 1 / √inputs."""


@CELLS.register("cornn", paper="Rusch & Mishra 2020, arXiv 2010.00951", states="units, units")
@keras.saving.register_keras_serializable("seqvision")
class CoRNNCell(OscillatorCell):
    """Coupled oscillatory recurrent network (coRNN): damped oscillators that drive one another.

        z' = z + Δt (tanh(x V + y W + z 𝒲 + b) − γ y − ε z)
        y' = y + Δt z'

    That is ÿ = tanh(…) − γ y − ε ẏ in steps of time, each unit with a restoring force γ and a
    damping ε. Of the paper's two schemes this is the one that its code has; with
    `implicit_damping` it is the other, in which z' takes the place of z in ε z.

    The output is y', the states are `[y, z]`. `recurrent_kernel` is W, `velocity_recurrent_kernel`
    𝒲. With Δt so small y stays small in sequences of few steps: the paper's have hundreds.

    Args:
        time_step: Δt; this, γ and ε are by default those of the paper's code for the pixels of
            MNIST, one a step, and 256 units.
        gamma: γ.
        epsilon: ε.
        implicit_damping: whether the damping is that of the new velocity.
        kernel_initializer: of V, W and 𝒲 as one kernel; None is uniform up to
            1 / √(features + 2 units), as in the code of the paper.
        recurrent_initializer: of W and of 𝒲, each by itself; None leaves them to the one above.
        others: those of `OscillatorCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import CoRNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(CoRNNCell(16, time_step=0.05))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Rusch & Mishra, "Coupled oscillatory recurrent neural network (coRNN): an accurate and
        (gradient) stable architecture for learning long time dependencies", 2020, arXiv 2010.00951.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        time_step: PositiveFloat = 0.042,
        gamma: PositiveFloat = 2.7,
        epsilon: PositiveFloat = 4.7,
        implicit_damping: bool = False,
        kernel_initializer: Initializer | None = None,
        recurrent_initializer: Initializer | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            *args,
            time_step=time_step,
            kernel_initializer=kernel_initializer or _AS_PYTORCH,
            recurrent_initializer=recurrent_initializer,
            **kwargs,
        )
        self.gamma = gamma
        self.epsilon = epsilon
        self.implicit_damping = implicit_damping

    def build(self, input_shape: Any) -> None:
        features, units = input_shape[-1], self.units
        rows_from = joint_kernel(self.kernel_initializer, features + 2 * units)
        own = self.recurrent_initializer
        self.kernel = self.add_weight((features, units), rows_from(0), name="kernel")
        self.recurrent_kernel = self.add_weight(
            (units, units), own or rows_from(features), name="recurrent_kernel"
        )
        self.velocity_recurrent_kernel = self.add_weight(
            (units, units), own or rows_from(features + units), name="velocity_recurrent_kernel"
        )
        self.bias = self.add_weight((units,), self.bias_initializer, name="bias")

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        y, z = states
        driven = projected + times(self.dropped(y, training), self.recurrent_kernel)
        driven = driven + times(self.dropped(z, training), self.velocity_recurrent_kernel)
        force = self.activation(driven) - self.gamma * y
        if self.implicit_damping:
            z = (z + self.time_step * force) / (1 + self.time_step * self.epsilon)
        else:
            z = z + self.time_step * (force - self.epsilon * z)
        z = knot(z)
        y = y + self.time_step * z
        return y, [y, z]
