"""Self-attention over the steps of a sequence."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.masked import steps_seen, without_masked
from seqvision.layers.rotary import turned
from seqvision.mixers import MIXERS
from seqvision.mixers.base import Mixer
from seqvision.options import PositiveInt


@MIXERS.register("attention", paper="Vaswani et al. 2017, arXiv 1706.03762")
@keras.saving.register_keras_serializable("seqvision")
class Attention(Mixer):
    """Multi-head self-attention: each step reads from all, by how well its query fits their keys.

        q, k, v = x W_q + b_q, x W_k + b_k, x W_v + b_v
        a(t, s) = softmax over s of R(t) q(t) · R(s) k(s) / √key_dim
        y(t) = Σ a(t, s) v(s) W_o + b_o

    in each head, and added up over heads. R turns pairs of numbers by the step's place, so that
    the product knows how far apart two steps are, and not where. Without it the order of steps is
    not seen, but for what a causal mixer leaves out. It takes steps² operations, by
    `keras.ops.dot_product_attention`, in memory too where the backend has no better way.

    A masked step is as if it were not there: no step reads from it, and places do not count it.

    Args:
        num_heads: how many heads there are.
        key_dim: the size of queries, keys and values, in each head; even if they are turned.
        causal: whether a step reads from itself and those before it only, s ≤ t.
        positions: how places are known: `rotary`, R; or `none`.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import Attention
        >>> mixer = Attention(num_heads=2)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Vaswani et al., "Attention is all you need", 2017, arXiv 1706.03762; Su et al., "RoFormer:
        enhanced transformer with rotary position embedding", 2021, arXiv 2104.09864.
    """

    def __init__(
        self,
        num_heads: PositiveInt = 4,
        key_dim: PositiveInt = 16,
        causal: bool = False,
        positions: Literal["rotary", "none"] = "rotary",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if positions == "rotary" and key_dim % 2:
            raise SeqvisionError(
                f"attention: key_dim: expected an even number for rotary positions, got {key_dim}"
            )
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.causal = causal
        self.positions = positions

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, size = input_shape[-1], self.num_heads * self.key_dim
        self.kernel = self.add_weight((features, 3 * size), "lecun_uniform", name="kernel")
        self.bias = self.add_weight((3 * size,), "zeros", name="bias")
        self.output_kernel = self.add_weight(
            (size, features), "lecun_uniform", name="output_kernel"
        )
        self.output_bias = self.add_weight((features,), "zeros", name="output_bias")

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        sequence = without_masked(sequence, mask)
        steps, heads, size = ops.shape(sequence)[1], self.num_heads, self.key_dim
        row = ops.matmul(sequence, self.kernel) + self.bias
        query, key, value = ops.split(ops.reshape(row, (-1, steps, 3 * heads, size)), 3, axis=2)
        if self.positions == "rotary":
            places = steps_seen(sequence, mask)[:, :, None]
            query, key = turned(query, places), turned(key, places)
        seen = ops.dot_product_attention(
            query * size**-0.5,  # As a `scale`, TensorFlow rounds it to float32.
            key,
            value,
            mask=None if mask is None else ops.cast(mask, "bool")[:, None, None, :],
            scale=1.0,
            is_causal=self.causal,
        )
        seen = ops.reshape(seen, (-1, steps, heads * size))
        return without_masked(ops.matmul(seen, self.output_kernel) + self.output_bias, mask)
