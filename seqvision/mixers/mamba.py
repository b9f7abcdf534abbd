"""Mamba: a state space that chooses, from what goes in, what it keeps."""

from math import ceil
from typing import Any

import keras
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.masked import without_masked
from seqvision.layers.selective_scan import selective_scan
from seqvision.layers.window import depthwise, window
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.mixers.base_diagonal import log_uniform
from seqvision.mixers.portable import is_for_others
from seqvision.options import PositiveFloat, PositiveInt, Share


@MIXERS.register(
    "mamba",
    paper="Gu & Dao 2023, arXiv 2312.00752",
    states="expand · features · size, (conv_width − 1) · expand · features",
)
@keras.saving.register_keras_serializable("seqvision")
class Mamba(Mixer):
    """Mamba: a state space for each feature, S6, whose steps and kernels depend on the input.

        u, z = x W_u, x W_z                       `expand` times as wide as x
        v = SiLU(Σ k_n ∘ u(t − n) + k_b)          over the last `conv_width` steps
        δ, B, C = v W_δ, v W_B, v W_C
        Δ = softplus(δ W_Δ + b_Δ)
        h' = exp(Δ A) ∘ h + Δ ∘ v B,  A = −exp(a)
        y = ((Σ C ∘ h' + D ∘ v) ∘ SiLU(z)) W_o

    Each feature of v has a state of `state_size` numbers, which all read the same B and C. All
    states of a sequence are never in memory (`seqvision.layers.selective_scan`), but in a graph
    that other libraries are to run. A masked step leaves the state as it is.

    At first A is −1, −2, …, D is 1, and softplus(b_Δ) has logarithms that are uniform.

    Args:
        state_size: how many numbers the state of each feature has.
        expand: u is so many times as wide as the features.
        conv_width: how many steps, with its own, the causal convolution reads; each feature by
            itself.
        step_rank: how wide δ is; a sixteenth of the features, rounded up, when not given.
        min_step, max_step: between what softplus(b_Δ) is at first.
        step_floor: what it is at least at first.
        chunk: how many steps' states are in memory at once; it changes no result.
        dynamics_rate: the share of the learning rate at which a, D and b_Δ learn (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import Mamba
        >>> mixer = Mamba(state_size=4)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Gu & Dao, "Mamba: linear-time sequence modeling with selective state spaces", 2023, arXiv
        2312.00752.
    """

    def __init__(
        self,
        state_size: PositiveInt = 16,
        expand: PositiveInt = 2,
        conv_width: PositiveInt = 4,
        step_rank: PositiveInt | None = None,
        min_step: PositiveFloat = 0.001,
        max_step: PositiveFloat = 0.1,
        step_floor: PositiveFloat = 1e-4,
        chunk: PositiveInt = 32,
        dynamics_rate: Share = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not min_step < max_step:
            raise SeqvisionError(
                f"mamba: expected min_step < max_step, got {min_step} and {max_step}"
            )
        self.state_size = state_size
        self.expand = expand
        self.conv_width = conv_width
        self.step_rank = step_rank
        self.min_step = min_step
        self.max_step = max_step
        self.step_floor = step_floor
        self.chunk = chunk
        self.dynamics_rate = dynamics_rate

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, n, rate = input_shape[-1], self.state_size, self.dynamics_rate
        size = self.expand * features
        rank = self.step_rank or ceil(features / 16)
        logarithms = log_uniform(self.min_step, self.max_step)

        def decays(shape: Any, dtype: Any = None) -> Any:
            return ops.tile(ops.log(ops.arange(1, n + 1, dtype=dtype)), (shape[0], 1))

        def steps(shape: Any, dtype: Any = None) -> Any:
            step = ops.maximum(ops.exp(logarithms(shape, dtype)), self.step_floor)
            return step + ops.log(-ops.expm1(-step))  # Of softplus the inverse.

        def near_0(width: int) -> Any:
            return keras.initializers.RandomUniform(-(width**-0.5), width**-0.5)

        self.input_kernel = self.add_weight(
            (features, 2 * size), near_0(features), name="input_kernel"
        )
        self.add_conv(self.conv_width, size)
        self.kernel = self.add_weight((size, rank + 2 * n), near_0(size), name="kernel")
        self.step_kernel = self.add_weight((rank, size), near_0(rank), name="step_kernel")
        self.output_kernel = self.add_weight((size, features), near_0(size), name="output_kernel")
        self.step_bias = self.add_dynamics((size,), steps, "step_bias", rate)
        self.decay = self.add_dynamics((size, n), decays, "decay", rate)
        self.skip = self.add_dynamics((size,), "ones", "skip", rate)

    def states(self, features: int) -> list[tuple[int, float]]:
        size = self.expand * features
        return [(size * self.state_size, 0.0)] + [(size, 0.0)] * (self.conv_width - 1)

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        row = ops.matmul(without_masked(sequence, mask), self.input_kernel)
        u, z = ops.split(ops.cast(row, self.compute_dtype), 2, axis=-1)
        steps, before = window(u, states[1:], mask)
        v = ops.silu(depthwise(steps, self.conv_kernel, self.conv_bias))
        step, b, c = self._selected(v)
        v = ops.cast(v, self.state_dtype)
        a = -ops.exp(self.decay)
        step = without_masked(step, mask)  # A step of 0 changes no state.
        chunk = None if is_for_others(training) else self.chunk
        seen, last = selective_scan(v, step, a, b, c, states[0], chunk, training)
        y = ops.cast(seen + v * self.skip, self.compute_dtype) * ops.silu(z)
        outputs = ops.cast(ops.matmul(y, self.output_kernel), self.compute_dtype)
        return without_masked(outputs, mask), [last, *before]

    def _selected(self, v: Any) -> list[Any]:
        """Δ, B and C, in full precision."""
        n = self.state_size
        row = ops.matmul(v, self.kernel)
        b, c = (ops.cast(part, self.state_dtype) for part in (row[..., -2 * n : -n], row[..., -n:]))
        step = ops.cast(ops.matmul(row[..., : -2 * n], self.step_kernel), self.state_dtype)
        return [ops.softplus(step + self.step_bias), b, c]
