"""The Legendre memory unit, in the variant that is read in parallel."""

from functools import lru_cache
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.layers.long_convolution import long_convolution
from seqvision.layers.masked import without_masked
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.mixers.portable import is_for_others
from seqvision.options import Activation, PositiveFloat, PositiveInt

_FADED = 1e-12
"""What has become of a memory when nothing is left of it."""


@MIXERS.register(
    "lmu", paper="Chilkuri & Eliasmith 2021, arXiv 2102.11417", states="channels · order"
)
@keras.saving.register_keras_serializable("seqvision")
class LMU(Mixer):
    """Legendre memory unit: what channels were in the last θ steps, as a sum of polynomials.

        u = x W_u + b_u
        m' = Ā m + B̄ u                                    for each channel of u
        y = f(m' W_m + x W_x + b)

    m is the coefficients of Legendre polynomials over a window that slides along. Ā and B̄, which
    are not learned, are what a step makes of θ dm/dt = A m + B u, u held:

        A(i, j) = −(2i + 1) where i < j, (2i + 1) (−1)^(i − j + 1) elsewhere
        B(i) = (2i + 1) (−1)^i

    As nothing in this depends on the step, m W_m is a convolution of u with kernels as long as the
    sequence, which takes steps · log(steps) operations by Fourier transform, and m is not computed;
    it is only from a given first state, or in a graph that other libraries are to run. Between its
    ends, a masked step is one where u is 0.

    That nothing leads from y back to u, as in the first paper, is what the second gave up. Its
    activation of u is left out, as in the authors' code.

    Args:
        channels: how many numbers of a step are kept, which are sums of all features.
        order: how many polynomials each is kept in; the more, the finer.
        theta: how many steps are kept, θ; they fade into those before. The default is the 784
            pixels of psMNIST; give the number of steps, or of as many as matter.
        activation: f.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import LMU
        >>> mixer = LMU(order=4, theta=5)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Voelker, Kajić & Eliasmith, "Legendre memory units: continuous-time representation in
        recurrent neural networks", NeurIPS 2019; Chilkuri & Eliasmith, "Parallelizing Legendre
        memory unit training", 2021, arXiv 2102.11417.
    """

    skips_masked = False

    def __init__(
        self,
        channels: PositiveInt = 1,
        order: PositiveInt = 256,
        theta: PositiveFloat = 784.0,
        activation: Activation = "relu",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.channels = channels
        self.order = order
        self.theta = theta
        self.activation = activation

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, size = input_shape[-1], self.channels * self.order

        def kernel(name: str, *shape: int) -> Any:
            return self.add_weight(shape, "glorot_uniform", name=name)

        self.input_kernel = kernel("input_kernel", features, self.channels)
        self.input_bias = self.add_weight((self.channels,), "zeros", name="input_bias")
        self.memory_kernel = kernel("memory_kernel", size, features)
        self.kernel = kernel("kernel", features, features)
        self.bias = self.add_weight((features,), "zeros", name="bias")

    def states(self, features: int) -> list[tuple[int, float]]:
        return [(self.channels * self.order, 0.0)]

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        sequence = without_masked(sequence, mask)
        steps, shape = ops.shape(sequence)[1], (-1, 1, self.channels, self.order)
        written = self._tensor(discretized(self.order, self.theta)[1])
        each = self._written(sequence, mask)[..., None] * written
        first = ops.cast(ops.reshape(states[0], shape), self.state_dtype)
        memory = self._over_time(ops.concatenate([first, each], axis=1))
        memory = ops.reshape(memory[:, 1:], (-1, steps, self.channels * self.order))
        seen = ops.matmul(memory, ops.cast(self.memory_kernel, self.state_dtype))
        return self._out(seen, sequence, mask), [memory[:, -1]]

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        if is_for_others(training):
            return super().call(sequence, mask, training)
        sequence = without_masked(sequence, mask)
        u, kernels = self._written(sequence, mask), self.kernels(ops.shape(sequence)[1])
        each = zip(ops.split(u, self.channels, axis=-1), kernels, strict=True)
        return self._out(sum(long_convolution(*pair, training) for pair in each), sequence, mask)

    def kernels(self, steps: Any) -> list[Any]:
        """What 1 in a channel at the first step leads to in m W_m, each `(features, steps)`."""
        known = steps if isinstance(steps, int) else None
        response = impulse_response(self.order, self.theta, known)
        missing = ops.maximum(steps - len(response), 0) if known is None else known - len(response)
        each = ops.split(ops.cast(self.memory_kernel, self.state_dtype), self.channels)
        row = self._tensor(response.T)
        return [
            ops.pad(ops.matmul(ops.transpose(part), row), [[0, 0], [0, missing]])[:, :steps]
            for part in each
        ]

    def _over_time(self, memory: Any) -> Any:
        """The memory after each step, from what each writes, `(batch, steps, channels, order)`.

        Of each step, what the last 1, 2, 4, … have left is known, from which follows that of twice
        as many.
        """
        steps = ops.shape(memory)[1]
        known = steps if isinstance(steps, int) else None
        for n, power in enumerate(powers(self.order, self.theta, known)):
            before = ops.pad(memory, [[0, 0], [2**n, 0], [0, 0], [0, 0]])[:, :steps]
            memory = memory + ops.matmul(before, self._tensor(power.T))
        return memory

    def _written(self, sequence: Any, mask: Any) -> Any:
        """u, which is 0 where a step is masked."""
        u = ops.matmul(sequence, self.input_kernel) + self.input_bias
        return ops.cast(without_masked(u, mask), self.state_dtype)

    def _out(self, seen: Any, sequence: Any, mask: Any) -> Any:
        through = ops.matmul(sequence, self.kernel) + self.bias
        row = keras.activations.get(self.activation)(seen + ops.cast(through, self.state_dtype))
        return without_masked(ops.cast(row, self.compute_dtype), mask)

    def _tensor(self, values: np.ndarray) -> Any:
        return ops.convert_to_tensor(values, self.state_dtype)


@lru_cache(maxsize=8)
def discretized(order: int, theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Ā, `(order, order)`, and B̄, `(order,)`."""
    from scipy.linalg import expm  # Registered layers are imported with Keras, always.

    i, j = np.indices((order, order))
    both = np.zeros((order + 1, order + 1))
    both[:-1, :-1] = (2 * i + 1) * np.where(i < j, -1, (-1.0) ** (i - j + 1))
    both[:-1, -1] = (2 * i[:, 0] + 1) * (-1.0) ** i[:, 0]
    both = expm(both / theta)  # Of m above u, which stays as it is.
    return both[:-1, :-1], both[:-1, -1]


@lru_cache(maxsize=8)
def powers(order: int, theta: float, steps: int | None) -> list[np.ndarray]:
    """Ā, Ā², Ā⁴, …, as far as there are steps, or until nothing is left of a memory."""
    found, power = [], discretized(order, theta)[0]
    while (steps is None or 2 ** len(found) < steps) and np.abs(power).max() > _FADED:
        found.append(power)
        power = power @ power
    return found


@lru_cache(maxsize=8)
def impulse_response(order: int, theta: float, steps: int | None) -> np.ndarray:
    """B̄, Ā B̄, Ā² B̄, …, as far as there are steps, or until nothing is left, `(≤ steps, order)`."""
    rows = discretized(order, theta)[1][None]
    for power in powers(order, theta, steps):
        rows = np.concatenate([rows, rows @ power.T])
    return rows[:steps]
