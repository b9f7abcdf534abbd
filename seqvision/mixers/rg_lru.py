"""The real-gated linear recurrent unit."""

from typing import Any

import keras
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.window import depthwise
from seqvision.mixers import MIXERS
from seqvision.mixers.base import LinearMixer
from seqvision.options import PositiveInt, Share

_SHARPNESS = 8
"""The paper's c: how much faster a state fades when its gate is open."""


@MIXERS.register(
    "rg_lru",
    paper="De et al. 2024, arXiv 2402.19427",
    states="features, (conv_width − 1) · features",
)
@keras.saving.register_keras_serializable("seqvision")
class RGLRU(LinearMixer):
    """Real-gated linear recurrent unit: a gate lets the state fade faster, another lets input in.

        u = Σ k_n ∘ x(t − n) + k_b        over the last `conv_width` steps
        r = σ(u W_a + b_a),  i = σ(u W_x + b_x)
        a = exp(−8 r ∘ softplus(Λ))
        h' = a ∘ h + √(1 − a²) ∘ (i ∘ u)

    h is what comes out. It is real, and as wide as the features. W_a and W_x are dense, side by
    side in the kernel; the paper's are block-diagonal, which spreads them over devices. Linear
    layers and gates around it, as in Griffin's block, are for whoever stacks it.

    At first a is uniform where the gate r is open.

    Args:
        conv_width: how many steps, with its own, the causal convolution before it reads; each
            feature by itself.
        a_min, a_max: between what a is at first, of an open gate; below 1. The closer to 1, the
            longer a state lasts.
        dynamics_rate: the share of the learning rate at which Λ learns (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import RGLRU
        >>> mixer = RGLRU()
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        De et al., "Griffin: mixing gated linear recurrences with local attention for efficient
        language models", 2024, arXiv 2402.19427.
    """

    def __init__(
        self,
        conv_width: PositiveInt = 4,
        a_min: Share = 0.9,
        a_max: Share = 0.999,
        dynamics_rate: Share = 1.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if not 0 < a_min < a_max < 1:
            raise SeqvisionError(f"rg_lru: expected 0 < a_min < a_max < 1, got {a_min} and {a_max}")
        self.conv_width = conv_width
        self.a_min = a_min
        self.a_max = a_max
        self.dynamics_rate = dynamics_rate

    @property
    def window(self) -> int:
        return self.conv_width

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        size = input_shape[-1]

        def decays(shape: Any, dtype: Any = None) -> Any:
            opened = keras.random.uniform(shape, self.a_min, self.a_max, dtype=dtype)
            return ops.log(ops.expm1(-ops.log(opened) / _SHARPNESS))  # Of softplus the inverse.

        self.add_conv(self.conv_width, size)
        self.kernel = self.add_weight((size, 2 * size), "lecun_normal", name="kernel")
        self.bias = self.add_weight((2 * size,), "zeros", name="bias")
        self.decay = self.add_dynamics((size,), decays, "decay", self.dynamics_rate)

    def size(self, features: int) -> int:
        return features

    def seen(self, steps: list[Any]) -> Any:
        return depthwise(steps, self.conv_kernel, self.conv_bias)

    def recurrence(self, inputs: Any) -> tuple[Any, Any]:
        row = ops.cast(ops.matmul(inputs, self.kernel) + self.bias, self.state_dtype)
        opened, let_in = ops.split(ops.sigmoid(row), 2, axis=-1)
        log_a = -_SHARPNESS * opened * ops.softplus(self.decay)
        a = ops.exp(log_a)
        # 1 − a² with all its digits, where a is close to 1 too. Of 0 the root has no gradient.
        rest = ops.maximum(-ops.tanh(log_a) * (1 + a * a), 1e-12)
        return a, ops.sqrt(rest) * let_in * ops.cast(inputs, self.state_dtype)

    def read(self, state: Any, inputs: Any) -> Any:
        return state
