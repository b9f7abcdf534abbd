"""The neural Turing machine: an LSTM that reads and writes a memory it addresses."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.initializers import joint_kernel, raised_bias
from seqvision.cells.regularized import RegularizedCell
from seqvision.errors import SeqvisionError
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


@CELLS.register(
    "ntm",
    paper="Graves et al. 2014, arXiv 1410.5401; Collier & Beel 2018, arXiv 1807.08518",
    states="units, units, reads · width, heads · slots, slots · width",
)
@keras.saving.register_keras_serializable("seqvision")
class NTMCell(RegularizedCell):
    """Neural Turing machine: an LSTM controller with heads on a memory M of slots × width.

    The controller, an LSTM with states h and c, sees the input and the vectors r that were read
    at the step before. Its output sets each head's key k = tanh(·), strength β = softplus(·),
    gate g = σ(·), shift s = softmax(·), sharpness γ = 1 + softplus(·), and each write head's
    erase vector e = σ(·) and add vector a = tanh(·). A head's address w, over the slots, follows
    from its last one, w_old:

        content    w_c = softmax over slots of β · cos(k, M[slot])
        gate       w_g = g w_c + (1 − g) w_old
        shift      w_s[slot] = Σ_j s_j w_g[slot − j],  j from −shift_range to shift_range, circular
        sharpen    w = w_s^γ / Σ w_s^γ

    Read heads give r = Σ w[slot] M[slot], from the memory before this step's writing; write heads
    first all erase, then all add: M' = M ∘ Π (1 − w eᵀ) + Σ w aᵀ. The output is
    [h, r] W_o + b_o. The states are h, c, the r of all read heads, the w of all heads (those that
    read first) and M slot by slot.

    Args:
        units: size of the controller.
        memory_slots: number of slots, the paper's N.
        memory_width: size of a slot, the paper's M.
        read_heads: number of heads that read.
        write_heads: number of heads that write.
        shift_range: by how many slots an address may move in a step, to either side.
        output_size: size of the output; None for `units`.
        clip: bound of the absolute values of the output and of what sets the heads (Collier &
            Beel); None for no bound.
        memory_initial: what the memory starts with in each sequence: `"constant"`, 1e-6, which
            Collier & Beel found best, or `"learned"`, the tanh of weights.
        forget_bias: what the controller's forget gate's bias starts at, besides its initializer.
        kernel_initializer: of the controller's kernels, drawn as one.
        head_initializer: of the kernels that set the heads and the output; None for a normal
            distribution cut at two deviations, with one of inputs^−½ (Collier & Beel).
        initial_initializer: of the weights whose tanh the first r are, whose softmax the first w,
            and whose tanh the first memory if it is learned.

    Raises:
        SeqvisionError: there are fewer slots than shifts.

    Examples:
        >>> import keras
        >>> from seqvision.cells import NTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(NTMCell(16, memory_slots=32), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Graves, Wayne & Danihelka, "Neural Turing machines", 2014, arXiv 1410.5401; Collier &
        Beel, "Implementing neural Turing machines", 2018, arXiv 1807.08518. With more than one
        write head, the latter's code erases and adds head by head; here it is as in the paper.
    """

    def __init__(
        self,
        units: PositiveInt,
        memory_slots: PositiveInt = 128,
        memory_width: PositiveInt = 20,
        read_heads: PositiveInt = 1,
        write_heads: PositiveInt = 1,
        shift_range: PositiveInt = 1,
        output_size: PositiveInt | None = None,
        clip: PositiveFloat | None = 20.0,
        memory_initial: Literal["constant", "learned"] = "constant",
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        forget_bias: float = 1.0,
        kernel_initializer: Initializer = "glorot_uniform",
        head_initializer: Initializer | None = None,
        initial_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.memory_slots = memory_slots
        self.memory_width = memory_width
        self.read_heads = read_heads
        self.write_heads = write_heads
        self.shift_range = shift_range
        self.output_size = output_size or units
        self.clip = clip
        self.memory_initial = memory_initial
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.forget_bias = forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.head_initializer: Any = keras.initializers.get(head_initializer)
        self.initial_initializer = keras.initializers.get(initial_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        if memory_slots < 2 * shift_range + 1:
            raise SeqvisionError(
                f"ntm: memory_slots must be at least {2 * shift_range + 1}, as many as there are "
                f"shifts with shift_range={shift_range}, got {memory_slots}"
            )
        self._heads = read_heads + write_heads
        self._reads = read_heads * memory_width
        self.state_size = [
            units,
            units,
            self._reads,
            self._heads * memory_slots,
            memory_slots * memory_width,
        ]

    def build(self, input_shape: Any) -> None:
        features, units, width = input_shape[-1], self.units, self.memory_width
        rows_from = joint_kernel(self.kernel_initializer, features + self._reads + units)
        self.kernel = self.add_weight((features, 4 * units), rows_from(0), name="kernel")
        self.recurrent_kernel = self.add_weight(
            (self._reads + units, 4 * units), rows_from(features), name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
        self.bias = self.add_weight((4 * units,), bias, name="bias")
        addressing = self._heads * (width + 3 + 2 * self.shift_range + 1)
        settings = addressing + self.write_heads * 2 * width
        self.head_kernel = self._linear("head_kernel", units, settings)
        self.head_bias = self.add_weight((settings,), self.bias_initializer, name="head_bias")
        self.output_kernel = self._linear("output_kernel", units + self._reads, self.output_size)
        self.output_bias = self.add_weight(
            (self.output_size,), self.bias_initializer, name="output_bias"
        )
        first = self.initial_initializer
        self.first_reads = self.add_weight((self.read_heads, width), first, name="first_reads")
        self.first_addresses = self.add_weight(
            (self._heads, self.memory_slots), first, name="first_addresses"
        )
        self.first_memory = None
        if self.memory_initial == "learned":
            self.first_memory = self.add_weight(
                (1, self.state_size[-1]), first, name="first_memory"
            )

    def _linear(self, name: str, inputs: int, outputs: int) -> Any:
        cut = keras.initializers.TruncatedNormal(stddev=inputs**-0.5)
        return self.add_weight((inputs, outputs), self.head_initializer or cut, name=name)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return zeros for the controller, and the learned or constant start of the rest."""
        h, c, _, _, memory = super().get_initial_state(batch_size)
        if self.first_memory is None:
            memory = memory + 1e-6
        else:
            memory = memory + self._cast(ops.tanh(self.first_memory))
        reads = self._cast(ops.tanh(self.first_reads))
        addresses = self._cast(ops.softmax(self.first_addresses, axis=-1))
        reads, addresses = (
            ops.broadcast_to(ops.reshape(first, (1, -1)), (batch_size, size))
            for first, size in zip((reads, addresses), self.state_size[2:4], strict=True)
        )
        return [h, c, reads, addresses, memory]

    def _cast(self, value: Any) -> Any:
        return ops.cast(value, self.compute_dtype)

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c, reads, addresses, memory = states
        slots, width = self.memory_slots, self.memory_width
        memory = ops.reshape(memory, (-1, slots, width))
        z = projected + ops.matmul(ops.concatenate([reads, h], axis=-1), self.recurrent_kernel)
        i, f, g, o = ops.split(z, 4, axis=-1)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        h = self.recurrent_activation(o) * self.activation(c)

        settings = self._clipped(ops.matmul(h, self.head_kernel) + self.head_bias)
        written = self.write_heads * 2 * width
        settings, writing = ops.split(settings, [settings.shape[-1] - written], axis=-1)
        addresses = self._address(
            ops.reshape(settings, (-1, self._heads, settings.shape[-1] // self._heads)),
            ops.reshape(addresses, (-1, self._heads, slots)),
            memory,
        )
        reading, placing = ops.split(addresses, [self.read_heads], axis=1)
        reads = ops.reshape(ops.matmul(reading, memory), (-1, self._reads))
        erase, add = ops.unstack(ops.reshape(writing, (-1, self.write_heads, 2, width)), 2, axis=2)
        erase, add = ops.sigmoid(erase), ops.tanh(add)
        for k in range(self.write_heads):
            memory = memory * (1 - placing[:, k, :, None] * erase[:, k, None, :])
        memory = memory + ops.matmul(ops.transpose(placing, (0, 2, 1)), add)

        output = ops.matmul(ops.concatenate([h, reads], axis=-1), self.output_kernel)
        flat = [ops.reshape(v, (-1, v.shape[1] * v.shape[2])) for v in (addresses, memory)]
        return self._clipped(output + self.output_bias), [h, c, reads, *flat]

    def _address(self, settings: Any, old: Any, memory: Any) -> Any:
        """Return each head's weights of the slots, `(batch, heads, slots)`.

        Args:
            settings: `(batch, heads, settings)`, the key first.
            old: the weights of the step before, `(batch, heads, slots)`.
            memory: `(batch, slots, width)`.
        """
        if self.compute_dtype in ("float16", "bfloat16"):
            # A memory of 1e-6 squared, and a small weight to the power of 20, need the range.
            settings, old, memory = (ops.cast(v, "float32") for v in (settings, old, memory))
        width, shifts = self.memory_width, 2 * self.shift_range + 1
        ends = [width, width + 1, width + 2, width + 2 + shifts]
        key, strength, gate, shift, sharpness = ops.split(settings, ends, axis=-1)
        key, gate, shift = ops.tanh(key), ops.sigmoid(gate), ops.softmax(shift, axis=-1)
        cosines = ops.matmul(_unit(key), ops.transpose(_unit(memory), (0, 2, 1)))
        content = ops.softmax(ops.softplus(strength) * cosines, axis=-1)
        gated = gate * content + (1 - gate) * old
        shifted = sum(
            shift[..., j : j + 1] * _rolled(gated, j - self.shift_range) for j in range(shifts)
        )
        # The power, normalised, is a softmax of logarithms, which can't all vanish.
        logarithms = ops.log(ops.maximum(shifted, 1e-12))
        return self._cast(ops.softmax((1 + ops.softplus(sharpness)) * logarithms, axis=-1))

    def _clipped(self, values: Any) -> Any:
        return ops.clip(values, -self.clip, self.clip) if self.clip else values


def _rolled(values: Any, by: int) -> Any:
    """`ops.roll` along the last axis, of parts: LiteRT, to which models are exported, has none."""
    cut = -by % values.shape[-1]
    return ops.concatenate([values[..., cut:], values[..., :cut]], axis=-1) if cut else values


def _unit(vectors: Any) -> Any:
    """Scale vectors `(…, n)` to length one; zero stays zero."""
    squares = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * ops.rsqrt(ops.maximum(squares, 1e-16))
