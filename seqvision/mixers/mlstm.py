"""mLSTM: the xLSTM's memory of matrices, which all steps can be written to at once."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells.initializers import forget_biases
from seqvision.errors import SeqvisionError
from seqvision.layers.exponential_gates import stabilised
from seqvision.layers.heads import in_heads, normalised
from seqvision.layers.masked import lowest, without_masked
from seqvision.layers.retention import retention
from seqvision.layers.window import depthwise, window
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.options import PositiveInt, Share

_NEAR_0 = 40.0
"""exp(−40) is as good as 0 beside numbers about 1, and can be divided by."""


@MIXERS.register(
    "mlstm",
    paper="Beck et al. 2024, arXiv 2405.04517",
    states="num_heads · key_dim · (value_dim + 1), num_heads, (conv_width − 1) · features",
)
@keras.saving.register_keras_serializable("seqvision")
class MLSTM(Mixer):
    """mLSTM of xLSTM: heads that store values by keys in a matrix, through exponential gates.

        u = SiLU(Σ k_n ∘ x(t − n) + k_b)      over the last `conv_width` steps
        q, k, v = u W_q, u W_k / √key_dim, x W_v
        i = exp(x W_i + b_i),  f = σ(x W_f + b_f)
        C' = f C + i k vᵀ,  n' = f n + i k
        y = (σ(x W_o + b_o) ∘ norm(q · C' / max(|q · n'|, 1))) W_y

    in each head, with one i and one f a head. The norm makes the values of each head have mean 0
    and variance 1. So that no power of e is too large, C and n are kept times exp(−m), with
    m' = max(log f + m, log i), and 1 is read as exp(−m'); the states are C and n side by side, m,
    and what the convolution reads.

    It is the layer of the paper's block; wider features, a way around it and the block's norm are
    for whoever stacks it. The kernels of q, k and v are dense, the paper's block-diagonal, and as
    there without biases. All steps at once are read in chunks, step by step only the states are
    kept; the numbers are the same. A masked step is as if it were not there.

    At first i and f do not depend on x: i is about 1, and each head forgets at a rate of its own.

    Args:
        num_heads: how many heads there are.
        key_dim: the size of queries and keys, in each head.
        value_dim: the size of values, in each head; that of keys, as in the paper, if not given.
        forget_gate: `sigmoid`, or `exp` for f = exp(x W_f + b_f), which the paper has too.
        conv_width: how many steps, with its own, the causal convolution reads, each feature by
            itself; None for none, u = x.
        use_norm: whether there is the norm, of the paper's block.
        forget_min, forget_max: what f is at first, of the first head and of the last; between 0
            and 1. Between them log f / (1 − f) is evenly spaced.
        dynamics_rate: the share of the learning rate at which b_i and b_f learn (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import MLSTM
        >>> mixer = MLSTM(num_heads=2)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Beck et al., "xLSTM: extended long short-term memory", 2024, arXiv 2405.04517.
    """

    def __init__(
        self,
        num_heads: PositiveInt = 4,
        key_dim: PositiveInt = 16,
        value_dim: PositiveInt | None = None,
        forget_gate: Literal["sigmoid", "exp"] = "sigmoid",
        conv_width: PositiveInt | None = 4,
        use_norm: bool = True,
        forget_min: Share = 0.95,
        forget_max: Share = 0.9975,
        dynamics_rate: Share = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if use_norm and (value_dim or key_dim) == 1:
            raise SeqvisionError("mlstm: value_dim: expected 2 or more, as they get a norm")
        if not 0 < forget_min <= forget_max < 1:
            raise SeqvisionError(
                f"mlstm: expected 0 < forget_min ≤ forget_max < 1, got {forget_min} and "
                f"{forget_max}"
            )
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim
        self.forget_gate = forget_gate
        self.conv_width = conv_width
        self.use_norm = use_norm
        self.forget_min = forget_min
        self.forget_max = forget_max
        self.dynamics_rate = dynamics_rate

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, heads = input_shape[-1], self.num_heads
        keys, values = heads * self.key_dim, heads * self._values

        def gates(shape: Any, dtype: Any = None) -> Any:
            into = keras.random.normal((heads,), stddev=0.1, dtype=dtype)
            forget = forget_biases(self.forget_gate, self.forget_min, self.forget_max, heads)
            return ops.concatenate([into, ops.convert_to_tensor(forget, dtype)])

        def kernel(name: str, *shape: int) -> Any:
            return self.add_weight(shape, "glorot_uniform", name=f"{name}_kernel")

        if self.conv_width:
            self.add_conv(self.conv_width, features)
        self.query_kernel = kernel("query", features, keys)
        self.key_kernel = kernel("key", features, keys)
        self.value_kernel = kernel("value", features, values)
        self.kernel = self.add_weight((features, 2 * heads), "zeros", name="kernel")
        self.bias = self.add_dynamics((2 * heads,), gates, "bias", self.dynamics_rate)
        self.gate_kernel = kernel("gate", features, values)
        self.gate_bias = self.add_weight((values,), "zeros", name="gate_bias")
        self.output_kernel = kernel("output", values, features)

    def states(self, features: int) -> list[tuple[int, float]]:
        matrix = self.num_heads * self.key_dim * (self._values + 1)
        # m too may be 0 at first, as C and n are.
        sizes = [matrix, self.num_heads] + [features] * ((self.conv_width or 1) - 1)
        return [(size, 0.0) for size in sizes]

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        x = without_masked(sequence, mask)
        memory, m, *before = states
        steps, before = window(x, before, mask)
        u = x
        if self.conv_width:
            u = ops.silu(depthwise(steps, self.conv_kernel, self.conv_bias))
        query = self._in_heads(u, self.query_kernel)
        key = self._in_heads(u, self.key_kernel) * self.key_dim**-0.5
        value = self._in_heads(x, self.value_kernel)

        row = ops.cast(ops.matmul(x, self.kernel), self.state_dtype) + self.bias
        into, forget = ops.split(row, 2, axis=-1)
        forget = forget if self.forget_gate == "exp" else ops.log_sigmoid(forget)
        forget, into = without_masked(forget, mask), without_masked(into, mask, lowest(into))
        forget, into, scale = stabilised(forget, into, m)
        key = key * ops.exp(into)[..., None]
        value = ops.concatenate([value, ops.ones_like(value[..., :1])], axis=-1)  # C and n.
        seen, (memory,) = retention(query, key, value, forget, [memory])

        one = ops.exp(-ops.minimum(scale, _NEAR_0))[..., None]
        seen = seen[..., :-1] / ops.maximum(ops.abs(seen[..., -1:]), one)
        return without_masked(self._gated(seen, x), mask), [memory, scale[:, -1], *before]

    def _gated(self, seen: Any, x: Any) -> Any:
        """What comes out, from the values that were seen, `(batch, steps, heads, values)`."""
        seen = normalised(seen) if self.use_norm else seen
        gate = ops.sigmoid(ops.matmul(x, self.gate_kernel) + self.gate_bias)
        seen = ops.cast(ops.reshape(seen, ops.shape(gate)), self.compute_dtype)
        outputs = ops.matmul(ops.cast(gate, self.compute_dtype) * seen, self.output_kernel)
        return ops.cast(outputs, self.compute_dtype)

    def _in_heads(self, inputs: Any, kernel: Any) -> Any:
        return in_heads(ops.matmul(inputs, kernel), self.num_heads)

    @property
    def _values(self) -> int:
        return self.value_dim or self.key_dim
