"""Attention over a cell's own past outputs: TensorFlow contrib's `AttentionCellWrapper`."""

import inspect
from typing import Any

import keras
from keras import ops, tree

from seqvision.cells import CELLS
from seqvision.cells.base import CellLayer
from seqvision.cells.initializers import joint_kernel
from seqvision.errors import SeqvisionError
from seqvision.options import CellSpec, Initializer, PositiveInt, build
from seqvision.privates import DropoutRNNCell


@CELLS.register(
    "attention",
    paper="Bahdanau et al. 2014, arXiv 1409.0473",
    states="those of the cell, size, length · size",
)
@keras.saving.register_keras_serializable("seqvision")
class AttentionCellWrapper(DropoutRNNCell, CellLayer):
    """Any cell, with attention over the last `length` outputs.

    The cell reads the input together with what was attended to, a; its new state s asks which of
    the past outputs y_1 … y_length to attend to next:

        u, s' = cell([x, a] W_i + b_i, s)
        e_j = v · tanh(y_j W_y + s' W_s + b_s)
        α = softmax(e),  a' = Σ α_j y_j
        y = [u, a'] W_o + b_o

    y is the output; it takes the place of the oldest of the past outputs, all zero at first. All
    tensors of the cell's state side by side are s. The states are those of the cell, then a, then
    the past outputs from the oldest to the newest, one after another in `length · size` values.

    Example:
        AttentionCellWrapper(cell=keras.layers.LSTMCell(128), length=10)

    and in a config: `cell: {name: attention, cell: lstm, length: 10}`.

    Args:
        units: size of the cell, where the cell is given by its name.
        cell: a cell, or the name of one, or `{name: …, option: …}`.
        length: how many past outputs there are.
        size: size of the outputs y and of a (contrib's `attn_size`); None for the cell's own.
        score_size: size of v (`attn_vec_size`); None for `size`.
        input_size: how wide the input is for the cell; None for as wide as it comes.
        kernel_initializer: of W_i, W_s and W_o.
        score_initializer: of W_y and v.

    Raises:
        SeqvisionError: `units` is missing for a cell given by its name.

    References:
        Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and
        translate", 2014, arXiv 1409.0473. The numbers and the initialisation (Glorot, zero
        biases) are those of `tf.contrib.rnn.AttentionCellWrapper`.
    """

    def __init__(
        self,
        units: PositiveInt | None = None,
        cell: CellSpec = "lstm",
        length: PositiveInt = 10,
        size: PositiveInt | None = None,
        score_size: PositiveInt | None = None,
        input_size: PositiveInt | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        score_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if isinstance(cell, (str, dict)):
            if units is None:
                raise SeqvisionError(f"attention: the cell {cell!r} needs units, got None")
            cell = build(CELLS, cell, units, dtype=self.dtype_policy)
        self.units = units
        self.cell: Any = cell
        self.length = length
        self.size = size
        self.score_size = score_size
        self.input_size = input_size
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.score_initializer = keras.initializers.get(score_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self._cell_states = tree.flatten(self.cell.state_size)
        self.output_size = size or self._cell_output_size
        self.state_size = [*self._cell_states, self.output_size, length * self.output_size]

    @property
    def _cell_output_size(self) -> int:
        return getattr(self.cell, "output_size", None) or self._cell_states[0]

    def build(self, input_shape: Any) -> None:
        features, size = input_shape[-1], self.output_size
        inputs, score_size = self.input_size or features, self.score_size or size
        if not self.cell.built:
            self.cell.build((None, inputs))
            self.cell.built = True
        rows_from = joint_kernel(self.kernel_initializer, features + size)
        self.kernel = self.add_weight((features, inputs), rows_from(0), name="kernel")
        self.recurrent_kernel = self.add_weight(
            (size, inputs), rows_from(features), name="recurrent_kernel"
        )
        self.bias = self.add_weight((inputs,), self.bias_initializer, name="bias")
        self.query_kernel = self.add_weight(
            (sum(self._cell_states), score_size), self.kernel_initializer, name="query_kernel"
        )
        self.query_bias = self.add_weight((score_size,), self.bias_initializer, name="query_bias")
        self.key_kernel = self.add_weight(
            (size, score_size), self.score_initializer, name="key_kernel"
        )
        self.score = self.add_weight((score_size,), self.score_initializer, name="score")
        self.output_kernel = self.add_weight(
            (self._cell_output_size + size, size), self.kernel_initializer, name="output_kernel"
        )
        self.output_bias = self.add_weight((size,), self.bias_initializer, name="output_bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        *cell_states, attended, past = states
        inputs = projected + ops.matmul(attended, self.recurrent_kernel)
        output, cell_states = self._call_cell(inputs, cell_states, training)
        query = ops.matmul(ops.concatenate(cell_states, axis=-1), self.query_kernel)
        attended = self._attend(query + self.query_bias, past)
        output = ops.matmul(ops.concatenate([output, attended], axis=-1), self.output_kernel)
        output = output + self.output_bias
        past = ops.concatenate([past[:, self.output_size :], output], axis=-1)
        return output, [*cell_states, attended, past]

    def _call_cell(self, inputs: Any, states: list[Any], training: bool) -> tuple[Any, list[Any]]:
        sizes = self.cell.state_size
        states = tree.pack_sequence_as(sizes if tree.is_nested(sizes) else [sizes], states)
        asks = "training" in inspect.signature(self.cell.call).parameters
        told = {"training": training} if asks else {}
        output, states = self.cell(inputs, states, **told)
        return output, tree.flatten(states)

    def _attend(self, query: Any, past: Any) -> Any:
        """Return the mean of the past outputs, weighted by how well each answers the query."""
        keys = ops.matmul(ops.reshape(past, (-1, self.output_size)), self.key_kernel)
        keys = ops.reshape(keys, (-1, self.length, self.key_kernel.shape[-1]))
        scores = ops.sum(self.score * ops.tanh(keys + query[:, None]), axis=-1, keepdims=True)
        past = ops.reshape(past, (-1, self.length, self.output_size))
        return ops.sum(ops.softmax(scores, axis=1) * past, axis=1)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return the cell's initial state and zeros for what is attended to."""
        own = self.state_size[-2:]
        zeros = [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in own]
        return [*tree.flatten(self.cell.get_initial_state(batch_size=batch_size)), *zeros]

    def get_dropout_mask(self, step_input: Any) -> Any:
        """Have a cell with a dropout of Keras's draw its mask, as a recurrent layer asks it to."""
        if isinstance(self.cell, DropoutRNNCell):
            # Not of the input itself: what the cell sees may be of another width.
            seen = (ops.shape(step_input)[0], self.kernel.shape[-1])
            self.cell.get_dropout_mask(ops.zeros(seen, dtype=self.compute_dtype))

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        if isinstance(self.cell, DropoutRNNCell):
            self.cell.get_recurrent_dropout_mask(step_input)

    def reset_dropout_mask(self) -> None:
        if isinstance(self.cell, DropoutRNNCell):
            self.cell.reset_dropout_mask()

    def reset_recurrent_dropout_mask(self) -> None:
        if isinstance(self.cell, DropoutRNNCell):
            self.cell.reset_recurrent_dropout_mask()

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "AttentionCellWrapper":
        cell = keras.saving.deserialize_keras_object(config["cell"])
        return cls(**{**config, "cell": cell})
