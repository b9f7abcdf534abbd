"""S5: a state space with one state for all features."""

from math import log
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.complex_pairs import Pair, discretized
from seqvision.mixers import MIXERS
from seqvision.mixers.base_diagonal import DiagonalMixer, log_uniform, normal
from seqvision.mixers.hippo import legs
from seqvision.options import PositiveFloat, PositiveInt, Share


@MIXERS.register("s5", paper="Smith et al. 2022, arXiv 2208.04933", states="size, size")
@keras.saving.register_keras_serializable("seqvision")
class S5(DiagonalMixer):
    """S5: a state space whose one state, complex and diagonal, all features go into and come from.

        λ = −exp(a) + i ω
        h' = exp(λ Δ) ∘ h + (exp(λ Δ) − 1) / λ ∘ (x B)
        y = 2 Re(h' C) + D ∘ x

    h is one half of a state of conjugate pairs, which the 2 stands for. λ, B and C begin with the
    eigenvalues and eigenvectors of blocks of HiPPO-LegS without its low-rank part, and Δ, of each
    number of h, with logarithms that are uniform.

    The authors' code learns the real part of λ as it is; here it cannot become positive.

    Args:
        state_size: how many numbers the whole state has, of which h are the one half; a multiple of
            2 blocks. As many as the features, rounded up, when not given.
        blocks: how many blocks λ, B and C begin with.
        min_step, max_step: between what Δ is at first.
        dynamics_rate: the share of the learning rate at which a, ω and Δ learn (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import S5
        >>> mixer = S5(state_size=16)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Smith, Warrington & Linderman, "Simplified state space layers for sequence modeling", 2022,
        arXiv 2208.04933.
    """

    def __init__(
        self,
        state_size: PositiveInt | None = None,
        blocks: PositiveInt = 1,
        min_step: PositiveFloat = 0.001,
        max_step: PositiveFloat = 0.1,
        dynamics_rate: Share = 0.25,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if state_size is not None and state_size % (2 * blocks):
            raise SeqvisionError(
                f"s5: state_size: expected a multiple of 2 blocks, {2 * blocks}, got {state_size}"
            )
        if not min_step < max_step:
            raise SeqvisionError(f"s5: expected min_step < max_step, got {min_step} and {max_step}")
        self.state_size = state_size
        self.blocks = blocks
        self.min_step = min_step
        self.max_step = max_step
        self.dynamics_rate = dynamics_rate

    def size(self, features: int) -> int:
        pairs = -(-features // (2 * self.blocks)) * self.blocks
        return self.state_size // 2 if self.state_size else pairs

    def add_poles(self, size: int) -> None:
        frequencies = np.tile(legs(2 * size // self.blocks)[0], self.blocks)
        rate = self.dynamics_rate
        self.decay = self.add_dynamics(
            (size,), keras.initializers.Constant(log(0.5)), "decay", rate
        )
        self.frequency = self.add_dynamics((size,), _given(frequencies), "frequency", rate)
        steps = log_uniform(self.min_step, self.max_step)
        self.log_step = self.add_dynamics((size,), steps, "log_step", rate)

    def poles(self) -> tuple[Pair, Pair]:
        frequency = ops.convert_to_tensor(self.frequency)
        return discretized((-ops.exp(self.decay), frequency), ops.exp(self.log_step))

    def kernels(self, features: int, size: int) -> tuple[Pair, Pair]:
        whole = 2 * size
        vectors = np.kron(np.eye(self.blocks), legs(whole // self.blocks)[1])
        # Called twice, a Keras initializer gives the same values twice: those of a real part are
        # those of the imaginary one.
        b, c_real, c_imag = normal(features**-0.5), normal(whole**-0.5), normal(whole**-0.5)

        def of_b(part: np.ndarray) -> Any:
            return lambda shape, dtype=None: ops.matmul(
                b((features, whole), dtype), ops.convert_to_tensor(part, dtype)
            )

        def of_c(left: np.ndarray, right: np.ndarray) -> Any:
            return lambda shape, dtype=None: ops.matmul(
                ops.convert_to_tensor(np.concatenate([left.T, right.T], axis=1), dtype),
                ops.concatenate([draw((whole, features), dtype) for draw in (c_real, c_imag)]),
            )

        return (
            (of_b(vectors.real), of_b(-vectors.imag)),
            (of_c(vectors.real, -vectors.imag), of_c(vectors.imag, vectors.real)),
        )

    def read(self, state: Pair, inputs: Any) -> Any:
        return super().read((2 * state[0], 2 * state[1]), inputs)


def _given(values: np.ndarray) -> Any:
    """An initializer with these values."""
    return lambda shape, dtype=None: ops.convert_to_tensor(values, dtype)
