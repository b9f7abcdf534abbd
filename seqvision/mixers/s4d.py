"""S4D: a diagonal state space for each feature."""

from math import log, pi
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.complex_pairs import Pair, discretized, exp, times
from seqvision.layers.long_convolution import long_convolution
from seqvision.layers.masked import without_masked
from seqvision.mixers import MIXERS
from seqvision.mixers.base import LinearMixer
from seqvision.mixers.base_diagonal import log_uniform, normal
from seqvision.mixers.hippo import legs
from seqvision.mixers.portable import is_for_others
from seqvision.options import PositiveFloat, PositiveInt, Share


@MIXERS.register(
    "s4d", paper="Gu et al. 2022, arXiv 2206.11893", states="features · size / 2, the same"
)
@keras.saving.register_keras_serializable("seqvision")
class S4D(LinearMixer):
    """S4D: each feature is read by a state space of its own, complex and diagonal.

        λ = −exp(a) + i ω
        h' = exp(λ Δ) ∘ h + (exp(λ Δ) − 1) / λ · x
        y = 2 Re(Σ C ∘ h') + D x

    h is one half of a state of conjugate pairs, which the 2 stands for. As nothing in this depends
    on the step, y is a convolution with a kernel as long as the sequence, which takes
    steps · log(steps) operations by Fourier transform; only from a given first state, or in a graph
    that other libraries are to run, are states computed. Between its ends, a masked step is one
    with an input of 0.

    At first a = log ½, and Δ, one a feature, has logarithms that are uniform. B, which the paper
    has beside C, is 1: only their product matters.

    Args:
        state_size: how many numbers the whole state of a feature has, of which h are the one half.
        init: where ω begins: `lin`, π n; `legs`, the eigenvalues of HiPPO-LegS without its low-rank
            part; `inv`, N/π · (N / (2n + 1) − 1), with N the state size.
        min_step, max_step: between what Δ is at first.
        dynamics_rate: the share of the learning rate at which a, ω and Δ learn (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import S4D
        >>> mixer = S4D(state_size=16)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Gu et al., "On the parameterization and initialization of diagonal state space models",
        2022, arXiv 2206.11893.
    """

    is_complex = True
    skips_masked = False

    def __init__(
        self,
        state_size: PositiveInt = 64,
        init: Literal["lin", "legs", "inv"] = "lin",
        min_step: PositiveFloat = 0.001,
        max_step: PositiveFloat = 0.1,
        dynamics_rate: Share = 0.1,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if state_size % 2:
            raise SeqvisionError(f"s4d: state_size: expected an even number, got {state_size}")
        if not min_step < max_step:
            raise SeqvisionError(
                f"s4d: expected min_step < max_step, got {min_step} and {max_step}"
            )
        self.state_size = state_size
        self.init = init
        self.min_step = min_step
        self.max_step = max_step
        self.dynamics_rate = dynamics_rate

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, rate = input_shape[-1], self.dynamics_rate
        shape = (features, self.state_size // 2)

        def frequencies(shape: Any, dtype: Any = None) -> Any:
            rows = np.tile(_FREQUENCIES[self.init](shape[1]), (features, 1))
            return ops.convert_to_tensor(rows, dtype)

        decay = keras.initializers.Constant(log(0.5))
        self.decay = self.add_dynamics(shape, decay, "decay", rate)
        self.frequency = self.add_dynamics(shape, frequencies, "frequency", rate)
        steps = log_uniform(self.min_step, self.max_step)
        self.log_step = self.add_dynamics((features,), steps, "log_step", rate)
        self.c_real = self.add_weight(shape, normal(0.5**0.5), name="c_real")
        self.c_imag = self.add_weight(shape, normal(0.5**0.5), name="c_imag")
        self.skip = self.add_weight((features,), normal(1), name="skip")

    def size(self, features: int) -> int:
        return features * self.state_size // 2

    def recurrence(self, inputs: Any) -> tuple[Pair, Pair]:
        moved, held = self._discretized()
        x = ops.cast(inputs, self.state_dtype)[..., None]
        flat = (*ops.shape(inputs)[:-1], self.size(inputs.shape[-1]))
        return _each(moved, (-1,)), _each((x * held[0], x * held[1]), flat)

    def read(self, state: Pair, inputs: Any) -> Any:
        real, imag = _each(state, (*ops.shape(inputs), -1))
        c_real, c_imag = self._c()
        seen = 2 * ops.sum(real * c_real - imag * c_imag, axis=-1)
        return seen + ops.cast(inputs, self.state_dtype) * ops.cast(self.skip, self.state_dtype)

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        if is_for_others(training):
            return super().call(sequence, mask, training)
        sequence = ops.cast(without_masked(sequence, mask), self.state_dtype)
        kernel = self.kernel(ops.shape(sequence)[1])
        skip = ops.cast(self.skip, self.state_dtype)[:, None]  # As the kernel's, of the same step.
        kernel = ops.concatenate((kernel[:, :1] + skip, kernel[:, 1:]), axis=1)
        outputs = long_convolution(sequence, kernel, training)
        return ops.cast(without_masked(outputs, mask), self.compute_dtype)

    def kernel(self, steps: Any) -> Any:
        """The kernel of the convolution, `(features, steps)`: what 1 at the first step leads to.

        As exp(λ Δ (i + j)) = exp(λ Δ i) exp(λ Δ j), the powers of all steps are never held: those
        of every `_BLOCK`th step and of the steps within a block are, and their products summed by a
        product of matrices.
        """
        (log_size, phase), held = self._exponents(), self._discretized()[1]

        def moved(count: Any, stride: int) -> Pair:
            step = ops.arange(count, dtype=self.state_dtype) * stride
            return exp((log_size[..., None] * step, phase[..., None] * step))

        weight = _each(times(self._c(), held), (*log_size.shape, 1))
        far, near = times(weight, moved(-(-steps // _BLOCK), _BLOCK)), moved(_BLOCK, 1)
        far, near = ops.concatenate((far[0], -far[1]), 1), ops.concatenate(near, 1)
        kernel = 2 * ops.matmul(ops.transpose(far, (0, 2, 1)), near)
        return ops.reshape(kernel, (log_size.shape[0], -1))[:, :steps]

    def _exponents(self) -> Pair:
        """λ Δ."""
        step = ops.exp(self.log_step)[:, None]
        return -ops.exp(self.decay) * step, self.frequency * step

    def _discretized(self) -> tuple[Pair, Pair]:
        frequency = ops.convert_to_tensor(self.frequency)
        return discretized((-ops.exp(self.decay), frequency), ops.exp(self.log_step)[:, None])

    def _c(self) -> Pair:
        return ops.cast(self.c_real, self.state_dtype), ops.cast(self.c_imag, self.state_dtype)


def _inverse(pairs: int) -> np.ndarray:
    return 2 * pairs / pi * (2 * pairs / (2 * np.arange(pairs) + 1) - 1)


_BLOCK = 64
"""The steps of a block. About the root of many lengths; every block has as many."""

_FREQUENCIES = {
    "lin": lambda pairs: pi * np.arange(pairs),
    "legs": lambda pairs: legs(2 * pairs)[0],
    "inv": _inverse,
}
"""Where ω begins, from the number of conjugate pairs."""


def _each(pair: Pair, shape: Any) -> Pair:
    return ops.reshape(pair[0], shape), ops.reshape(pair[1], shape)
