"""What the mixers have in common whose state is complex and moves element by element."""

from math import log
from typing import Any

import keras
from keras import ops

from seqvision.layers.complex_pairs import Pair, times
from seqvision.mixers.base import LinearMixer


class DiagonalMixer(LinearMixer):
    """h' = λ ∘ h + γ ∘ (x B) and y = Re(h' C) + D ∘ x, with dense B and C, all complex but D.

    A subclass adds the weights behind λ and γ in `add_poles`, says them in `poles`, and what B and
    C begin with in `kernels`.
    """

    is_complex = True

    def add_poles(self, size: int) -> None:
        """Add the weights behind λ and γ, for a state of a size, with `add_dynamics`."""
        raise NotImplementedError

    def poles(self) -> tuple[Pair, Pair]:
        """Return λ and γ, each a pair of `(size,)`."""
        raise NotImplementedError

    def kernels(self, features: int, size: int) -> tuple[Pair, Pair]:
        """Return initializers of B's and of C's real and imaginary part.

        Args:
            features, size: B is `(features, size)`, C `(size, features)`.
        """
        raise NotImplementedError

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features = input_shape[-1]
        size = self.size(features)
        self.add_poles(size)
        b, c = self.kernels(features, size)
        self.b_real = self.add_weight((features, size), b[0], name="b_real")
        self.b_imag = self.add_weight((features, size), b[1], name="b_imag")
        self.c_real = self.add_weight((size, features), c[0], name="c_real")
        self.c_imag = self.add_weight((size, features), c[1], name="c_imag")
        self.skip = self.add_weight((features,), normal(1), name="skip")

    def recurrence(self, inputs: Any) -> tuple[Pair, Pair]:
        a, gain = self.poles()
        parts = (ops.matmul(inputs, kernel) for kernel in (self.b_real, self.b_imag))
        real, imag = (ops.cast(part, self.state_dtype) for part in parts)
        return a, times(gain, (real, imag))

    def read(self, state: Pair, inputs: Any) -> Any:
        real, imag = (ops.cast(part, self.compute_dtype) for part in state)
        seen = ops.matmul(real, self.c_real) - ops.matmul(imag, self.c_imag)
        return seen + inputs * self.skip


def normal(deviation: float) -> keras.initializers.Initializer:
    """An initializer of numbers around 0."""
    return keras.initializers.RandomNormal(0.0, deviation)


def log_uniform(low: float, high: float) -> keras.initializers.Initializer:
    """An initializer of logarithms, uniform between those of two numbers."""
    return keras.initializers.RandomUniform(log(low), log(high))
