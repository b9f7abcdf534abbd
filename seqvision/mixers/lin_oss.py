"""LinOSS: a state space of oscillators."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.layers.complex_pairs import Pair
from seqvision.mixers import MIXERS
from seqvision.mixers.base import LinearMixer
from seqvision.mixers.base_diagonal import normal
from seqvision.options import PositiveInt, Share

_SOFTEST = 1e-10
"""The least stiffness. For thousands of steps it is as good as 0, where ω would divide by 0."""
_STIFFEST = 3.99
"""The most of Δ² A where a step is explicit: from 4 on, oscillations grow without end."""


@MIXERS.register("lin_oss", paper="Rusch & Rus 2024, arXiv 2410.03943", states="2 size, the same")
@keras.saving.register_keras_serializable("seqvision")
class LinOSS(LinearMixer):
    """LinOSS: oscillators that the input pushes, each a mass on a spring, at y with velocity z.

        z' = z + Δ (x B − A ∘ y⁺)
        y' = y + Δ z'
        out = y' C + D ∘ x

    with a stiffness A ≥ 0 and a step Δ between 0 and 1 of each. Where y⁺ is y', the step is
    implicit (`im`), and oscillations fade; where it is y, it is implicit and explicit (`imex`), and
    they go on for ever. Two oscillators share A and Δ: the paper's one whose B and C are complex.

    Both are one complex recurrence, of numbers that the step turns, with y = Im h / ω:

        h' = λ ∘ (h + Δ x B)
        im:    λ = 1 / (1 − i Δ √A),     ω = √A,                h = z + i ω y
        imex:  λ = 1 − Δ² A / 2 + i Δ ω, ω = √(A − Δ² A² / 4),  h = z − Δ A y / 2 + i ω y

    so that |λ| is 1 / √(1 + Δ² A), or 1. What is learned as A counts from 0 up, of `imex` to where
    Δ² A nears 4: past it the authors' code has no bound.

    Args:
        state_size: how many pairs of oscillators there are; as many as the features when not given.
        discretization: how a step is taken: `im` or `imex`.
        dynamics_rate: the share of the learning rate at which A and Δ learn (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import LinOSS
        >>> mixer = LinOSS(state_size=16)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Rusch & Rus, "Oscillatory state-space models", 2024, arXiv 2410.03943.
    """

    is_complex = True

    def __init__(
        self,
        state_size: PositiveInt | None = None,
        discretization: Literal["im", "imex"] = "im",
        dynamics_rate: Share = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.state_size = state_size
        self.discretization = discretization
        self.dynamics_rate = dynamics_rate

    def size(self, features: int) -> int:
        return 2 * (self.state_size or features)

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, rate = input_shape[-1], self.dynamics_rate
        size = self.size(features)
        shape = (size // 2,)

        def within(low: float, high: float) -> Any:
            return keras.initializers.RandomUniform(low, high)

        b, c = features**-0.5, shape[0] ** -0.5
        self.stiffness = self.add_dynamics(shape, within(0, 1), "stiffness", rate)
        self.step_logit = self.add_dynamics(shape, within(0, 1), "step_logit", rate)
        self.input_kernel = self.add_weight((features, size), within(-b, b), name="input_kernel")
        self.output_kernel = self.add_weight((size, features), within(-c, c), name="output_kernel")
        self.skip = self.add_weight((features,), normal(1), name="skip")

    def recurrence(self, inputs: Any) -> tuple[Pair, Pair]:
        (real, imag), step, _ = self._poles()
        pushed = step * ops.cast(ops.matmul(inputs, self.input_kernel), self.state_dtype)
        return (real, imag), (real * pushed, imag * pushed)

    def read(self, state: Pair, inputs: Any) -> Any:
        y = ops.cast(state[1] / self._poles()[2], self.compute_dtype)
        return ops.matmul(y, self.output_kernel) + inputs * self.skip

    def _poles(self) -> tuple[Pair, Any, Any]:
        """λ, Δ and ω, of all oscillators."""
        step = ops.tile(ops.sigmoid(self.step_logit), 2)
        stiffness = ops.tile(ops.maximum(self.stiffness, _SOFTEST), 2)
        if self.discretization == "im":
            omega = ops.sqrt(stiffness)
            real = 1 / (1 + step**2 * stiffness)
            return (real, real * step * omega), step, omega
        stiffness = ops.minimum(stiffness, _STIFFEST / step**2)
        omega = ops.sqrt(stiffness * (1 - step**2 * stiffness / 4))
        return (1 - step**2 * stiffness / 2, step * omega), step, omega
