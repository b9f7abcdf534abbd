"""The linear recurrent unit."""

from math import log, tau
from typing import Any

import keras
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.complex_pairs import Pair, exp
from seqvision.mixers import MIXERS
from seqvision.mixers.base_diagonal import DiagonalMixer, normal
from seqvision.options import PositiveFloat, PositiveInt, Share


@MIXERS.register("lru", paper="Orvieto et al. 2023, arXiv 2303.06349", states="size, size")
@keras.saving.register_keras_serializable("seqvision")
class LRU(DiagonalMixer):
    """Linear recurrent unit: a complex state that turns and fades element by element.

        λ = exp(−exp(ν) + i exp(θ))
        h' = λ ∘ h + exp(γ) ∘ (x B)
        y = Re(h' C) + D ∘ x

    so that |λ| < 1 whatever is learned. At first λ is uniform in a ring, and γ makes h as large as
    x B, whatever λ: exp(γ) = √(1 − |λ|²).

    Args:
        state_size: how many complex numbers h has; as many as the features when not given.
        r_min, r_max: how far the ring is from 0, on its inside and its outside; below 1. The closer
            to 1, the longer a state lasts.
        max_phase: how far λ may turn from 1 at first, in radians: 2π is all around.
        dynamics_rate: the share of the learning rate at which ν, θ and γ learn (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import LRU
        >>> mixer = LRU(state_size=16, r_min=0.9)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Orvieto et al., "Resurrecting recurrent neural networks for long sequences", 2023, arXiv
        2303.06349.
    """

    def __init__(
        self,
        state_size: PositiveInt | None = None,
        r_min: Share = 0.9,
        r_max: Share = 0.999,
        max_phase: PositiveFloat = tau,
        dynamics_rate: Share = 0.25,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not r_min < r_max < 1:
            raise SeqvisionError(f"lru: expected r_min < r_max < 1, got {r_min} and {r_max}")
        self.state_size = state_size
        self.r_min = r_min
        self.r_max = r_max
        self.max_phase = max_phase
        self.dynamics_rate = dynamics_rate

    def size(self, features: int) -> int:
        return self.state_size or features

    def add_poles(self, size: int) -> None:
        inner, outer = self.r_min**2, self.r_max**2

        def ring(shape: Any, dtype: Any = None) -> Any:
            squared = keras.random.uniform(shape, inner, outer, dtype=dtype)
            return ops.log(-0.5 * ops.log(squared))

        def phase(shape: Any, dtype: Any = None) -> Any:
            share = keras.random.uniform(shape, 1e-6, 1, dtype=dtype)
            return ops.log(share) + log(self.max_phase)

        def gain(shape: Any, dtype: Any = None) -> Any:
            # 1 − |λ|² with all its digits: |λ|² is exp(−2 exp(ν)).
            nu = ops.convert_to_tensor(self.nu)
            return 0.5 * ops.log(-ops.expm1(-2 * ops.exp(nu)))

        rate = self.dynamics_rate
        self.nu = self.add_dynamics((size,), ring, "nu", rate)
        self.theta = self.add_dynamics((size,), phase, "theta", rate)
        self.gamma = self.add_dynamics((size,), gain, "gamma", rate)

    def poles(self) -> tuple[Pair, Pair]:
        gain = ops.exp(self.gamma)
        return exp((-ops.exp(self.nu), ops.exp(self.theta))), (gain, ops.zeros_like(gain))

    def kernels(self, features: int, size: int) -> tuple[Pair, Pair]:
        b, c = (2 * features) ** -0.5, size**-0.5
        return (normal(b), normal(b)), (normal(c), normal(c))
