"""The grid LSTM over time and frequency: TensorFlow contrib's `GridLSTMCell`, and both ways."""

from dataclasses import dataclass, field
from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.frequency import frequency_windows
from seqvision.cells.initializers import raised_bias
from seqvision.cells.regularized import RegularizedCell
from seqvision.errors import SeqvisionError
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


@CELLS.register(
    "grid_lstm",
    paper="Kalchbrenner et al. 2015, arXiv 1507.01526; Sainath & Li 2016",
    states="blocks · units, blocks · units",
)
@keras.saving.register_keras_serializable("seqvision")
class GridLSTMCell(RegularizedCell):
    """Grid LSTM over time and frequency: within a time step, an LSTM also walks over the features.

    The features of a time step are cut into K windows x_1 … x_K, the blocks. Block k meets two
    LSTMs, one that comes along time, with the state (m, c) of block k at the time step before,
    and one that comes along frequency, with the state (n, d) that block k − 1 has just made. Both
    see both outputs; for s either of time or frequency, T or F,

        z_s = [x_k, m, n] W_s + b_s
        i_s = σ(z_si + p_si ∘ d + q_si ∘ c),  f_s = σ(z_sf + p_sf ∘ d + q_sf ∘ c)
        d' = f_F ∘ d + i_F ∘ tanh(z_Fc),      c' = f_T ∘ c + i_T ∘ tanh(z_Tc)
        o_s = σ(z_so + p_so ∘ d' + q_so ∘ c')
        n' = o_F ∘ tanh(d'),                  m' = o_T ∘ tanh(c')

    n and d are zero before the first block. The output is m', n' of the first block, then of the
    next; the states are `[m, c]`, both of all blocks. Blocks share their weights, except those of
    different `frequency_ranges`. Kernels hold the gates of the frequency LSTM in Keras's order
    i, f, c, o, then those of the time LSTM.

    Args:
        units: size of the state of one block, in each of the two LSTMs. The output is
            2 · blocks · units wide.
        num_frequency_blocks: K, or one K for each of `frequency_ranges`.
        feature_size: how many features a block sees. None for as many as it takes to cover all.
        frequency_skip: how far each block lies from the one before. None spreads the blocks
            evenly; 28 features in 4 blocks are 4 × 7.
        frequency_ranges: `[first, one after the last]` feature of each range that is swept by
            itself, with weights of its own; None sweeps all features once.
        use_peepholes: whether the gates see the cell states, through p and q.
        share_time_frequency_weights: whether W, b, p, q are the same for both LSTMs.
        couple_input_forget_gates: whether f is 1 − i; kernels then hold i, c, o.
        forget_bias: what the forget gates' biases start at, besides their initializer.
        cell_clip: bound of the cell states' absolute values; None for no bound.
        kernel_initializer: of W, drawn for each of the two LSTMs by itself.

    Raises:
        SeqvisionError: the blocks do not fit into the features.

    Examples:
        >>> import keras
        >>> from seqvision.cells import GridLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(GridLSTMCell(4, feature_size=2, frequency_skip=2))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 32)

    References:
        Kalchbrenner, Danihelka & Graves, "Grid long short-term memory", 2015, arXiv 1507.01526;
        Sainath & Li, "Modeling time-frequency patterns with LSTM vs. convolutional architectures
        for LVCSR tasks", Interspeech 2016, doi 10.21437/Interspeech.2016-84 (with peepholes).
        The numbers, the order of the output and the initialisation (Glorot, zero biases) are
        those of `tf.contrib.rnn.GridLSTMCell`, whose lists of first and last frequency indices
        are `frequency_ranges` here.
    """

    backward_slice_offset = 0
    _directions: tuple[str, ...] = ("forward",)

    def __init__(
        self,
        units: PositiveInt,
        num_frequency_blocks: PositiveInt | list[PositiveInt] = 4,
        feature_size: PositiveInt | None = None,
        frequency_skip: PositiveInt | None = None,
        frequency_ranges: list[list[int]] | None = None,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        couple_input_forget_gates: bool = False,
        forget_bias: float = 1.0,
        cell_clip: PositiveFloat | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        peephole_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.num_frequency_blocks = num_frequency_blocks
        self.feature_size = feature_size
        self.frequency_skip = frequency_skip
        self.frequency_ranges = frequency_ranges
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.use_peepholes = use_peepholes
        self.share_time_frequency_weights = share_time_frequency_weights
        self.couple_input_forget_gates = couple_input_forget_gates
        self.forget_bias = forget_bias
        self.cell_clip = cell_clip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        one = isinstance(num_frequency_blocks, int)
        self._blocks = [num_frequency_blocks] if one else list(num_frequency_blocks)
        self._gates = (3 if couple_input_forget_gates else 4) * units
        if len(self._blocks) != len(frequency_ranges or [None]):
            raise SeqvisionError(
                "grid_lstm: give one number of blocks in num_frequency_blocks for each of "
                f"{len(frequency_ranges or [None])} frequency ranges, got {num_frequency_blocks}"
            )
        blocks = len(self._directions) * sum(self._blocks)
        self.state_size = [blocks * units, blocks * units]
        self.output_size = 2 * blocks * units

    def build(self, input_shape: Any) -> None:
        ranges, self._sweeps = self.frequency_ranges or [None], []
        for direction in self._directions:
            for k, (blocks, span) in enumerate(zip(self._blocks, ranges, strict=True)):
                windows = frequency_windows(
                    input_shape[-1], blocks, self.feature_size, self.frequency_skip, span
                )
                if direction == "backward":
                    shift = self.backward_slice_offset
                    windows = [(start + shift, end + shift) for start, end in windows[::-1]]
                self._sweeps.append(self._sweep(windows, f"{direction}_{k}"))

    def _sweep(self, windows: list[tuple[int, int]], name: str) -> "_Sweep":
        sweep = _Sweep(windows)
        units, size = self.units, windows[0][1] - windows[0][0]
        lstms = 1 if self.share_time_frequency_weights else 2
        width = lstms * self._gates
        sweep.kernel = self.add_weight(
            (size + 2 * units, width), self._kernels, name=f"{name}_kernel"
        )
        bias: Any = self.bias_initializer
        for lstm in range(0 if self.couple_input_forget_gates else lstms):
            bias = raised_bias(bias, 4 * lstm + 1, 4 * lstms, self.forget_bias)
        sweep.bias = self.add_weight((width,), bias, name=f"{name}_bias")
        for gate in ("input", "forget", "output") if self.use_peepholes else ():
            if gate != "forget" or not self.couple_input_forget_gates:
                # (LSTM, cell state seen, units): frequency comes first in both.
                sweep.peepholes[gate] = self.add_weight(
                    (lstms, 2, units), self._vectors, name=f"{name}_{gate}_peephole"
                )
        return sweep

    def _kernels(self, shape: Any, dtype: Any = None) -> Any:
        """Draw the kernel of each LSTM, side by side in `shape`, by itself."""
        draws = [self.kernel_initializer.clone() for _ in range(shape[1] // self._gates)]
        kernels = [draw((shape[0], self._gates), dtype=dtype) for draw in draws]
        return ops.concatenate(kernels, axis=1)

    def _vectors(self, shape: Any, dtype: Any = None) -> Any:
        """Draw each peephole of `(LSTMs, 2, units)` as the vector it is."""
        draws = [self.peephole_initializer.clone() for _ in range(shape[0] * shape[1])]
        return ops.reshape(ops.stack([draw(shape[2:], dtype=dtype) for draw in draws]), shape)

    def project(self, sequence: Any, training: bool = False) -> Any:
        """Return the window of each block, a list of `(batch, time, feature size)`."""
        # Not its product with the kernel: that is wider than the window and the states together,
        # and to read it in each step costs more than to have the window join the states' product.
        beyond = abs(self.backward_slice_offset)
        if beyond:
            sequence = ops.pad(sequence, [[0, 0], [0, 0], [beyond, beyond]])
        return [
            sequence[..., start + beyond : end + beyond]
            for sweep in self._sweeps
            for start, end in sweep.windows
        ]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        blocks = len(projected)
        ms, cs = (ops.split(state, blocks, axis=-1) for state in states)
        outputs, new_ms, new_cs = [], [], []
        for sweep in self._sweeps:
            n = d = ops.zeros_like(cs[0])
            for _ in sweep.windows:
                k = len(new_ms)
                seen = ops.concatenate([projected[k], ms[k], n], axis=-1)
                z = ops.matmul(seen, sweep.kernel) + sweep.bias
                n, d, m, c = self._block(sweep, z, d, cs[k])
                outputs += [m, n]
                new_ms.append(m)
                new_cs.append(c)
        new_states = [ops.concatenate(new, axis=-1) for new in (new_ms, new_cs)]
        return ops.concatenate(outputs, axis=-1), new_states

    def _block(self, sweep: "_Sweep", z: Any, d: Any, c: Any) -> tuple[Any, Any, Any, Any]:
        """Run both LSTMs of one block: from z `(batch, LSTMs · gates · units)` to n', d', m', c'.

        The cell states d and c, and what is returned, are `(batch, units)`.
        """

        def gate(z: Any, name: str) -> Any:
            if self.use_peepholes:
                z = z + ops.sum(sweep.peepholes[name] * cells[:, None], axis=2)
            return self.recurrent_activation(z)

        # The two LSTMs lie along axis 1, as do their cell states; shared weights are one LSTM.
        cells = ops.stack([d, c], axis=1)
        z = ops.reshape(z, (-1, 1 if self.share_time_frequency_weights else 2, self._gates))
        if self.couple_input_forget_gates:
            i, g, o = ops.split(z, 3, axis=-1)
            i = gate(i, "input")
            f = 1 - i
        else:
            i, f, g, o = ops.split(z, 4, axis=-1)
            i, f = gate(i, "input"), gate(f, "forget")
        cells = f * cells + i * self.activation(g)
        if self.cell_clip:
            cells = ops.clip(cells, -self.cell_clip, self.cell_clip)
        n, m = ops.unstack(gate(o, "output") * self.activation(cells), 2, axis=1)
        d, c = ops.unstack(cells, 2, axis=1)
        return n, d, m, c


@dataclass
class _Sweep:
    """One sweep over the blocks of a range, in one direction: where it looks, its weights."""

    windows: list[tuple[int, int]]
    kernel: Any = None
    bias: Any = None
    peepholes: dict[str, Any] = field(default_factory=dict)


@CELLS.register(
    "bidirectional_grid_lstm",
    paper="Sainath & Li 2016",
    states="2 · blocks · units, 2 · blocks · units",
)
@keras.saving.register_keras_serializable("seqvision")
class BidirectionalGridLSTMCell(GridLSTMCell):
    """Grid LSTM that walks over the features of a time step both ways; time still runs one way.

    Two sweeps of `GridLSTMCell`, the one from the lowest block to the highest, the other from
    the highest to the lowest with weights and states of its own; the output and the states hold
    all of the first, then all of the second, each in the order of its walk.

    Args:
        backward_slice_offset: how many features further up the second sweep's blocks lie; what
            they see beyond the features is zero.
        others: those of `GridLSTMCell`. The output is 4 · blocks · units wide.

    Raises:
        SeqvisionError: the blocks do not fit into the features.

    Examples:
        >>> import keras
        >>> from seqvision.cells import BidirectionalGridLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(BidirectionalGridLSTMCell(4, feature_size=2, frequency_skip=2))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 64)

    References:
        Sainath & Li, "Modeling time-frequency patterns with LSTM vs. convolutional architectures
        for LVCSR tasks", Interspeech 2016; the numbers are those of
        `tf.contrib.rnn.BidirectionalGridLSTMCell`.
    """

    _directions = ("forward", "backward")

    def __init__(self, *args: Any, backward_slice_offset: int = 0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.backward_slice_offset = backward_slice_offset
