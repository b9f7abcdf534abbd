"""Retention: linear attention whose memory fades."""

from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers.complex_pairs import Pair
from seqvision.layers.heads import in_heads, normalised
from seqvision.layers.masked import without_masked
from seqvision.layers.retention import retention
from seqvision.layers.rotary import frequencies
from seqvision.mixers import MIXERS
from seqvision.mixers.base import LinearMixer
from seqvision.options import PositiveInt


@MIXERS.register(
    "retention",
    paper="Sun et al. 2023, arXiv 2307.08621",
    states="num_heads · key_dim · value_dim / 2, the same",
)
@keras.saving.register_keras_serializable("seqvision")
class Retention(LinearMixer):
    """Retention: heads that keep products of keys and values, which turn and fade step by step.

        q, k, v = x W_q, x W_k / √key_dim, x W_v
        S' = γ exp(−i θ) S + k vᵀ
        y = (swish(x W_g) ∘ norm(Re(q* S'))) W_o

    in each head, numbers i and i + key_dim / 2 of q and of k taken for a complex one; q* is the
    conjugate. Head h = 0, 1, … fades by γ = 1 − 2^(−5 − h). θ_i = 10000^(−2 i / key_dim) turns as
    rotary positions do: q and k meet as if each was turned by its place. The norm makes the values
    of each head have mean 0 and variance 1. The paper's scores divided by sums of γ's powers, which
    the norm undoes, are left out.

    All steps at once are read in chunks, step by step only the state is kept; the numbers are the
    same. A masked step is as if it were not there.

    Args:
        num_heads: how many heads there are.
        key_dim: the size of queries and keys, in each head; even.
        value_dim: the size of values, in each head; twice `key_dim`, as in the paper, when not
            given.

    Examples:
        >>> import keras
        >>> from seqvision.mixers import Retention
        >>> mixer = Retention(num_heads=2)
        >>> keras.ops.shape(mixer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)

    References:
        Sun et al., "Retentive network: a successor to Transformer for large language models", 2023,
        arXiv 2307.08621; Su et al. 2021, arXiv 2104.09864.
    """

    is_complex = True

    def __init__(
        self,
        num_heads: PositiveInt = 4,
        key_dim: PositiveInt = 16,
        value_dim: PositiveInt | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if key_dim % 2:
            raise SeqvisionError(f"retention: key_dim: expected an even number, got {key_dim}")
        if value_dim == 1:
            raise SeqvisionError("retention: value_dim: expected 2 or more, as they get a norm")
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim

    @property
    def _shape(self) -> tuple[int, int, int]:
        """Of the state: heads, pairs of numbers of a key, values."""
        return self.num_heads, self.key_dim // 2, self.value_dim or 2 * self.key_dim

    @property
    def _fade(self) -> np.ndarray:
        """Log γ, of each head."""
        return np.log1p(-(2.0 ** (-5 - np.arange(self.num_heads))))

    def size(self, features: int) -> int:
        return int(np.prod(self._shape))

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features, values = input_shape[-1], self.num_heads * self._shape[2]
        keys = self.num_heads * self.key_dim

        def kernel(name: str, *shape: int) -> Any:
            return self.add_weight(shape, "glorot_uniform", name=f"{name}_kernel")

        self.query_kernel = kernel("query", features, keys)
        self.key_kernel = kernel("key", features, keys)
        self.value_kernel = kernel("value", features, values)
        self.gate_kernel = kernel("gate", features, values)
        self.output_kernel = kernel("output", values, features)

    def recurrence(self, inputs: Any) -> tuple[Pair, Pair]:
        _, pairs, values = self._shape
        a: Any = np.exp(self._fade[:, None] - 1j * frequencies(pairs)).repeat(values)
        value = self._values(inputs)[..., None, :]
        b = (part[..., None] * value for part in ops.split(self._keys(inputs), 2, axis=-1))
        real, imag = (ops.reshape(part, (*ops.shape(inputs)[:-1], len(a))) for part in b)
        moved = tuple(ops.convert_to_tensor(x, self.state_dtype) for x in (a.real, a.imag))
        return moved, (real, imag)

    def read(self, state: Pair, inputs: Any) -> Any:
        query = self._queries(inputs)
        shape = (*ops.shape(inputs)[:-1], *self._shape)
        both = ops.concatenate([ops.reshape(part, shape) for part in state], axis=-2)
        return self._gated(ops.matmul(query[..., None, :], both)[..., 0, :], inputs)

    def call(self, sequence: Any, mask: Any = None, training: bool = False) -> Any:
        return self._in_chunks(sequence, None, mask)[0]

    def run(
        self, sequence: Any, states: list[Any], mask: Any = None, training: bool = False
    ) -> tuple[Any, list[Any]]:
        return self._in_chunks(sequence, states, mask)

    def _in_chunks(self, sequence: Any, first: Any, mask: Any) -> tuple[Any, list[Any]]:
        sequence = without_masked(sequence, mask)
        given = self._queries(sequence), self._keys(sequence), self._values(sequence)
        if mask is None:
            counts = ops.ones((1, ops.shape(sequence)[1]), self.state_dtype)
        else:
            counts = ops.cast(mask, self.state_dtype)
        fade = counts[:, :, None] * ops.convert_to_tensor(self._fade, self.state_dtype)
        seen, last = retention(*given, fade, first, turn=counts)
        return without_masked(self._gated(seen, sequence), mask), last

    def _queries(self, inputs: Any) -> Any:
        return self._heads(inputs, self.query_kernel)

    def _keys(self, inputs: Any) -> Any:
        return self._heads(inputs, self.key_kernel) * self.key_dim**-0.5

    def _values(self, inputs: Any) -> Any:
        return self._heads(inputs, self.value_kernel)

    def _heads(self, inputs: Any, kernel: Any) -> Any:
        return in_heads(ops.matmul(inputs, kernel), self.num_heads)

    def _gated(self, seen: Any, inputs: Any) -> Any:
        """What comes out, from the values that were seen, `(…, heads, values)`."""
        gate = ops.cast(ops.silu(ops.matmul(inputs, self.gate_kernel)), self.compute_dtype)
        seen = ops.cast(ops.reshape(normalised(seen), ops.shape(gate)), self.compute_dtype)
        return ops.matmul(gate * seen, self.output_kernel)
