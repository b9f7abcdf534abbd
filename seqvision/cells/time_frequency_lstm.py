"""The LSTM that recurs along time and along frequency at once: contrib's `TimeFreqLSTMCell`."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.frequency import frequency_windows
from seqvision.cells.initializers import raised_bias
from seqvision.cells.regularized import RegularizedCell
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


@CELLS.register(
    "time_frequency_lstm",
    paper="Li et al. 2015, doi 10.1109/ASRU.2015.7404793; Sainath & Li 2016",
    states="blocks · units, blocks · units",
)
@keras.saving.register_keras_serializable("seqvision")
class TimeFreqLSTMCell(RegularizedCell):
    """Time-frequency LSTM: one LSTM that reads block after block of a time step's features.

    The features of a time step are cut into K windows x_1 … x_K, the blocks. Block k sees its own
    output m of the time step before and the output n that block k − 1 has just made (zero for the
    first), and keeps a cell state c along time:

        z = [x_k, m, n] W + b
        i = σ(z_i + p_i ∘ c),  f = σ(z_f + p_f ∘ c)
        c' = f ∘ c + i ∘ tanh(z_c)
        o = σ(z_o + p_o ∘ c')
        m' = o ∘ tanh(c')

    The blocks share their weights; the output is m' of all of them, and the states are `[m, c]`,
    both of all blocks. (The grid LSTM has a second cell state, along frequency.) The kernel
    holds the gates in Keras's order i, f, c, o.

    Args:
        units: size of the state of one block. The output is `num_frequency_blocks` times as wide.
        num_frequency_blocks: K.
        feature_size: how many features a block sees. None for as many as it takes to cover all.
        frequency_skip: how far each block lies from the one before. None spreads the blocks
            evenly; 28 features in 4 blocks are 4 × 7.
        use_peepholes: whether the gates see the cell state, through p.
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        cell_clip: bound of the cell state's absolute values; None for no bound.

    Raises:
        SeqvisionError: the blocks do not fit into the features.

    Examples:
        >>> import keras
        >>> from seqvision.cells import TimeFreqLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(TimeFreqLSTMCell(4, feature_size=2, frequency_skip=2))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Li, Mohamed, Zweig & Gong, "LSTM time and frequency recurrence for automatic speech
        recognition", ASRU 2015, doi 10.1109/ASRU.2015.7404793; Sainath & Li, "Modeling
        time-frequency patterns with LSTM vs. convolutional architectures for LVCSR tasks",
        Interspeech 2016, doi 10.21437/Interspeech.2016-84. The equations, the order of the output
        and the initialisation (Glorot, zero biases) are those of
        `tf.contrib.rnn.TimeFreqLSTMCell`, whose declared sizes were those of a single block.
    """

    def __init__(
        self,
        units: PositiveInt,
        num_frequency_blocks: PositiveInt = 4,
        feature_size: PositiveInt | None = None,
        frequency_skip: PositiveInt | None = None,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        use_peepholes: bool = False,
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
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.use_peepholes = use_peepholes
        self.forget_bias = forget_bias
        self.cell_clip = cell_clip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.output_size = num_frequency_blocks * units
        self.state_size = [self.output_size, self.output_size]

    def build(self, input_shape: Any) -> None:
        units, gates = self.units, 4 * self.units
        self._windows = frequency_windows(
            input_shape[-1], self.num_frequency_blocks, self.feature_size, self.frequency_skip
        )
        size = self._windows[0][1] - self._windows[0][0]
        self.kernel = self.add_weight(
            (size + 2 * units, gates), self.kernel_initializer, name="kernel"
        )
        bias = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")
        if self.use_peepholes:
            peephole = self.peephole_initializer
            self.input_peephole = self.add_weight((units,), peephole, name="input_peephole")
            self.forget_peephole = self.add_weight((units,), peephole, name="forget_peephole")
            self.output_peephole = self.add_weight((units,), peephole, name="output_peephole")

    def project(self, sequence: Any, training: bool = False) -> Any:
        """Return the window of each block, a list of `(batch, time, feature size)`."""
        # Not its product with the kernel: that is wider than the window and the states together,
        # and to read it in each step costs more than to have the window join the states' product.
        return [sequence[..., start:end] for start, end in self._windows]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        ms, cs = (ops.split(state, len(projected), axis=-1) for state in states)
        n, new_ms, new_cs = ops.zeros_like(ms[0]), [], []
        for x, m, c in zip(projected, ms, cs, strict=True):
            z = ops.matmul(ops.concatenate([x, m, n], axis=-1), self.kernel) + self.bias
            i, f, g, o = ops.split(z, 4, axis=-1)
            if self.use_peepholes:
                i = i + self.input_peephole * c
                f = f + self.forget_peephole * c
            c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
            if self.cell_clip:
                c = ops.clip(c, -self.cell_clip, self.cell_clip)
            if self.use_peepholes:
                o = o + self.output_peephole * c
            n = self.recurrent_activation(o) * self.activation(c)
            new_ms.append(n)
            new_cs.append(c)
        output = ops.concatenate(new_ms, axis=-1)
        return output, [output, ops.concatenate(new_cs, axis=-1)]
