"""The gated linear recurrence of HGRN, with a lower bound on what it keeps."""

from typing import Any

import keras
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.complex_pairs import Pair
from seqvision.mixers import MIXERS
from seqvision.mixers.base import LinearMixer
from seqvision.options import Share


@MIXERS.register("hgrn", paper="Qin et al. 2023, arXiv 2311.04823", states="features, features")
@keras.saving.register_keras_serializable("seqvision")
class HGRN(LinearMixer):
    """Hierarchically gated recurrence: a complex state that turns, and a gate that fades it.

        c = SiLU(x W_r + b_r) + i SiLU(x W_i + b_i)
        λ = β + (1 − β) σ(x W_λ + b_λ)
        h' = λ ∘ exp(i θ) ∘ h + (1 − λ) ∘ c
        y = (LayerNorm(Re h', Im h' side by side) ∘ SiLU(x W_g + b_g)) W_o + b_o

    The forget gate λ is the write gate too. θ is learned, and the same at every step. What comes
    out is normalised and gated in the order of the authors' code. The kernel holds W_r, W_i, W_λ
    and W_g.

    Args:
        lower_bound: β, below 1, of this layer: what its state keeps at least. The paper learns one
            for each layer, which grow from layer to layer, so that the upper ones remember longer;
            here it is a number, and layers that are to have others are made one by one.
        dynamics_rate: the share of the learning rate at which θ learns (`seqvision run`).

    Examples:
        >>> import keras
        >>> from seqvision.mixers import HGRN
        >>> mixer = HGRN()
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Qin, Yang & Zhong, "Hierarchically gated recurrent neural network for sequence modeling",
        2023, arXiv 2311.04823.
    """

    is_complex = True

    def __init__(self, lower_bound: Share = 0.0, dynamics_rate: Share = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= lower_bound < 1:
            raise SeqvisionError(f"hgrn: lower_bound: expected 0 to below 1, got {lower_bound}")
        self.lower_bound = lower_bound
        self.dynamics_rate = dynamics_rate
        self.norm = keras.layers.LayerNormalization(
            epsilon=1e-5, dtype=self.dtype_policy, name="norm"
        )

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        size = input_shape[-1]

        def angles(shape: Any, dtype: Any = None) -> Any:
            return 10000.0 ** (-2 / size * ops.arange(size, dtype=dtype))

        self.kernel = self.add_weight((size, 5 * size), "lecun_normal", name="kernel")
        self.bias = self.add_weight((5 * size,), "zeros", name="bias")
        self.theta = self.add_dynamics((size,), angles, "theta", self.dynamics_rate)
        self.norm.build((*input_shape[:-1], 2 * size))
        shape = (2 * size, size)
        self.output_kernel = self.add_weight(shape, "lecun_normal", name="output_kernel")
        self.output_bias = self.add_weight((size,), "zeros", name="output_bias")

    def size(self, features: int) -> int:
        return features

    def seen(self, steps: list[Any]) -> Any:
        """What goes into each SiLU and sigmoid: of both parts of c, of λ, and of the output."""
        return ops.matmul(steps[0], self.kernel) + self.bias

    def recurrence(self, inputs: Any) -> tuple[Pair, Pair]:
        real, imag, gate, *_ = ops.split(ops.cast(inputs, self.state_dtype), 5, axis=-1)
        kept = self.lower_bound + (1 - self.lower_bound) * ops.sigmoid(gate)
        # 1 − λ, which close to 0 would have no digits left.
        written = (1 - self.lower_bound) * ops.sigmoid(-gate)
        theta = ops.convert_to_tensor(self.theta)
        turned = kept * ops.cos(theta), kept * ops.sin(theta)
        return turned, (written * ops.silu(real), written * ops.silu(imag))

    def read(self, state: Pair, inputs: Any) -> Any:
        *_, left, right = ops.split(ops.cast(inputs, self.compute_dtype), 5, axis=-1)
        gate = ops.silu(ops.concatenate([left, right], axis=-1))
        both = self.norm(ops.cast(ops.concatenate(list(state), axis=-1), self.compute_dtype))
        return ops.matmul(both * gate, self.output_kernel) + self.output_bias
