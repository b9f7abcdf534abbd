"""The grid LSTM of one, two, three or more dimensions, as a cell that moves along time."""

from dataclasses import dataclass, field
from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.initializers import raised_bias
from seqvision.cells.regularized import RegularizedCell
from seqvision.errors import SeqvisionError
from seqvision.options import Activation, Initializer, PositiveInt


@dataclass
class _Transform:
    """The weights that carry one dimension through one block."""

    kernel: Any
    bias: Any
    peepholes: dict[str, Any] = field(default_factory=dict)


@CELLS.register(
    "grid_lstm_nd",
    paper="Kalchbrenner et al. 2015, arXiv 1507.01526",
    states="n · units, n · units, for n dimensions along time in all blocks",
)
@keras.saving.register_keras_serializable("seqvision")
class GridLSTMNDCell(RegularizedCell):
    """N-dimensional grid LSTM: LSTMs along time and along depth meet in blocks.

    Dimension 0 is depth: the input enters by it, as output h_0 = x P and memory m_0 = x Q of a
    layer below the first, and leaves by it. Dimensions 1 … N − 1 run along time, each with an
    output h_k and a memory m_k of its own in each layer. A block carries each dimension through
    an LSTM that sees the outputs of all of them:

        z = [h_0, h_1, …] W_k + b_k
        i = σ(z_i + p_i ∘ m_k),  f = σ(z_f + p_f ∘ m_k)
        m_k' = f ∘ m_k + i ∘ tanh(z_c)
        o = σ(z_o + p_o ∘ m_k')
        h_k' = tanh(o ∘ m_k')

    With priority, depth comes last and sees the new h_1', … in place of the old. `depth` blocks
    stand upon each other, so that, unlike between stacked layers, a memory passes from one to the
    next; the output is h_0' of the topmost. With one dimension there is no depth for the input to
    come by: the one LSTM, along time, has z = [x P, h_1] W_1 + b_1, the paper's plain LSTM.

    The states are `[h, m]` of the dimensions along time, layer by layer. Kernels hold the gates
    in Keras's order i, f, c, o.

    Args:
        units: size of each output and each memory.
        dimensions: N.
        depth: the number of blocks along depth.
        priority: whether depth sees what the other dimensions have just put out.
        depth_activation: if given, depth is not an LSTM but a plain layer, h_0' is this
            activation of z, as wide as h_0 ("linear" for z itself), and there is no m_0.
        tied_depth: whether all blocks share their weights (the paper's "tied").
        tied_dimensions: whether all LSTMs of a block share their weights (contrib's "tied").
        use_peepholes: whether the gates see the memory, through p (an option of contrib's).
        variant: `"contrib"` has h' = o ∘ tanh(m'), as other LSTMs.
        forget_bias: what the forget gates' biases start at, besides their initializer.
        kernel_initializer: of P, of Q and of each W.

    Raises:
        SeqvisionError: an option about depth is given with one dimension, which has none.

    Examples:
        >>> import keras
        >>> from seqvision.cells import GridLSTMNDCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(GridLSTMNDCell(16, dimensions=2))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Kalchbrenner, Danihelka & Graves, "Grid long short-term memory", 2015, arXiv 1507.01526.
        With `variant="contrib"` the numbers are those of contrib's `Grid2LSTMCell` and
        `Grid3LSTMCell`, and so is the initialisation (Glorot, zero biases); their declared states
        had a dimension more, depth, which the input overwrote in every step. The same slip made
        their `Grid1LSTMCell` forget everything.
    """

    def __init__(
        self,
        units: PositiveInt,
        dimensions: PositiveInt = 2,
        depth: PositiveInt = 1,
        priority: bool = True,
        depth_activation: Activation = None,
        tied_depth: bool = False,
        tied_dimensions: bool = False,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_peepholes: bool = False,
        variant: Literal["paper", "contrib"] = "paper",
        forget_bias: float = 1.0,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        peephole_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.dimensions = dimensions
        self.depth = depth
        self.priority = priority
        self.depth_activation: Any = depth_activation and keras.activations.get(depth_activation)
        self.tied_depth = tied_depth
        self.tied_dimensions = tied_dimensions
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.use_peepholes = use_peepholes
        self.variant = variant
        self.forget_bias = forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        if dimensions == 1 and (depth > 1 or depth_activation):
            raise SeqvisionError(
                "grid_lstm_nd: with dimensions=1 there is only time; depth and depth_activation "
                "need dimensions of 2 or more"
            )
        self._along_time = max(dimensions - 1, 1)
        self.output_size = units
        self.state_size = [depth * self._along_time * units] * 2

    def build(self, input_shape: Any) -> None:
        shape, draw = (input_shape[-1], self.units), self.kernel_initializer
        self.input_kernel = self.add_weight(shape, draw, name="input_kernel")
        self.memory_kernel = None
        if self.dimensions > 1 and not self.depth_activation:
            self.memory_kernel = self.add_weight(shape, draw, name="memory_kernel")
        self._blocks = []
        for layer in range(self.depth):
            if layer and self.tied_depth:
                self._blocks.append(self._blocks[0])
                continue
            name, count = f"block_{layer}", self._along_time
            if self.tied_dimensions:
                transforms = [self._transform(name, 4)] * count
            else:
                transforms = [self._transform(f"{name}_time_{k + 1}", 4) for k in range(count)]
            if self.depth_activation:
                transforms.append(self._transform(f"{name}_depth", 1))
            elif self.dimensions > 1:
                tied = self.tied_dimensions
                transforms.append(transforms[0] if tied else self._transform(f"{name}_depth", 4))
            self._blocks.append(transforms)

    def _transform(self, name: str, gates: int) -> _Transform:
        units, width, bias = self.units, gates * self.units, self.bias_initializer
        if gates == 4:
            bias = raised_bias(bias, 1, 4, self.forget_bias)
        seen = (1 + self._along_time) * units
        transform = _Transform(
            self.add_weight((seen, width), self.kernel_initializer, name=f"{name}_kernel"),
            self.add_weight((width,), bias, name=f"{name}_bias"),
        )
        for gate in ("input", "forget", "output") if self.use_peepholes and gates == 4 else ():
            transform.peepholes[gate] = self.add_weight(
                (units,), self.peephole_initializer, name=f"{name}_{gate}_peephole"
            )
        return transform

    def project(self, sequence: Any, training: bool = False) -> Any:
        """Return h_0 of the first block, and its m_0 if there is one."""
        kernels = [k for k in (self.input_kernel, self.memory_kernel) if k is not None]
        return [ops.matmul(sequence, kernel) for kernel in kernels]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        count = self._along_time
        hs, ms = (ops.split(state, self.depth * count, axis=-1) for state in states)
        output, memory, new_hs, new_ms = projected[0], projected[-1], [], []
        for layer, transforms in enumerate(self._blocks):
            here = slice(layer * count, (layer + 1) * count)
            seen = ops.concatenate([output, *hs[here]], axis=-1)
            for transform, m in zip(transforms[:count], ms[here], strict=True):
                h, m = self._lstm(transform, seen, m)
                new_hs.append(h)
                new_ms.append(m)
            if self.dimensions == 1:
                output = new_hs[-1]
                continue
            if self.priority:
                seen = ops.concatenate([output, *new_hs[here]], axis=-1)
            if self.depth_activation:
                output = self.depth_activation(_linear(transforms[-1], seen))
            else:
                output, memory = self._lstm(transforms[-1], seen, memory)
        return output, [ops.concatenate(new, axis=-1) for new in (new_hs, new_ms)]

    def _lstm(self, transform: _Transform, seen: Any, m: Any) -> tuple[Any, Any]:
        """Carry one dimension through a block.

        From all outputs `(batch, N · units)` and its memory m `(batch, units)` come its new output
        and memory.
        """
        i, f, g, o = ops.split(_linear(transform, seen), 4, axis=-1)
        if self.use_peepholes:
            i = i + transform.peepholes["input"] * m
            f = f + transform.peepholes["forget"] * m
        m = self.recurrent_activation(f) * m + self.recurrent_activation(i) * self.activation(g)
        if self.use_peepholes:
            o = o + transform.peepholes["output"] * m
        o = self.recurrent_activation(o)
        h = self.activation(o * m) if self.variant == "paper" else o * self.activation(m)
        return h, m


def _linear(transform: _Transform, seen: Any) -> Any:
    return ops.matmul(seen, transform.kernel) + transform.bias
