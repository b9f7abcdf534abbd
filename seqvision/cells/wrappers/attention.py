"""Attention over a cell's own past outputs: TensorFlow contrib's `AttentionCellWrapper`."""

from typing import Any

import keras
from keras import ops, tree

from seqvision.cells.initializers import joint_kernel
from seqvision.cells.regularized import RegularizedCell
from seqvision.cells.wrappers import WRAPPERS
from seqvision.cells.wrappers.base import Wrapper, output_size
from seqvision.options import Initializer, PositiveInt


@WRAPPERS.register("attention", paper="Bahdanau et al. 2014, arXiv 1409.0473")
@keras.saving.register_keras_serializable("seqvision")
class AttentionCellWrapper(Wrapper, RegularizedCell):
    """Attention over the last `length` outputs of a cell.

    The cell reads the input together with what was attended to, a; its new state s asks which of
    the past outputs y_1 … y_length to attend to next:

        u, s' = cell([x, a] W_i + b_i, s)
        e_j = v · tanh(y_j W_y + s' W_s + b_s)
        α = softmax(e),  a' = Σ α_j y_j
        y = [u, a'] W_o + b_o

    y is the output; it takes the place of the oldest of the past outputs, all zero at first. All
    tensors of the cell's state side by side are s. The states are those of the cell, then a, then
    the past outputs from the oldest to the newest, one after another in `length · size` values.

    Args:
        cell: a recurrent cell; its states may be nested, as those of `StackedRNNCells` are.
        length: how many past outputs there are.
        size: size of the outputs y and of a (contrib's `attn_size`); None for the cell's own.
        score_size: size of v (`attn_vec_size`); None for `size`.
        input_size: how wide the input is for the cell; None for as wide as it comes.
        kernel_initializer: of W_i, W_s and W_o.
        score_initializer: of W_y and v.
        others: those of `RegularizedCell`.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import AttentionCellWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(AttentionCellWrapper(keras.layers.LSTMCell(16), length=4))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and
        translate", 2014, arXiv 1409.0473. The numbers and the initialisation (Glorot, zero
        biases) are those of `tf.contrib.rnn.AttentionCellWrapper`.
    """

    def __init__(
        self,
        cell: Any,
        length: PositiveInt = 10,
        size: PositiveInt | None = None,
        score_size: PositiveInt | None = None,
        input_size: PositiveInt | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        score_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(cell, **kwargs)
        self.length = length
        self.size = size
        self.score_size = score_size
        self.input_size = input_size
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.score_initializer = keras.initializers.get(score_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self._cell_states = tree.flatten(cell.state_size)
        self.output_size = size or output_size(cell)
        self.state_size = [*self._cell_states, self.output_size, length * self.output_size]

    def build(self, input_shape: Any) -> None:
        features, size = input_shape[-1], self.output_size
        inputs, score_size = self.input_size or features, self.score_size or size
        super().build((None, inputs))
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
            (output_size(self.cell) + size, size), self.kernel_initializer, name="output_kernel"
        )
        self.output_bias = self.add_weight((size,), self.bias_initializer, name="output_bias")

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        return ops.matmul(sequence, self.kernel) + self.bias, []

    def project(self, sequence: Any, training: bool = False) -> Any:
        # All that the cell does waits for what is attended to.
        return self.enter(sequence, training)[0]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        *cell_states, attended, past = states
        sizes = self.cell.state_size
        nest = tree.pack_sequence_as(sizes if tree.is_nested(sizes) else [sizes], cell_states)
        inputs = projected + ops.matmul(attended, self.recurrent_kernel)
        output, nest = self.call_cell(inputs, nest, training)
        cell_states = tree.flatten(nest)
        query = ops.matmul(ops.concatenate(cell_states, axis=-1), self.query_kernel)
        attended = self._attend(query + self.query_bias, past)
        output = ops.matmul(ops.concatenate([output, attended], axis=-1), self.output_kernel)
        output = output + self.output_bias
        past = ops.concatenate([past[:, self.output_size :], output], axis=-1)
        return output, [*cell_states, attended, past]

    def _attend(self, query: Any, past: Any) -> Any:
        """Return the mean of the past outputs, weighted by how well each answers the query.

        Args:
            query: `(batch, score size)`.
            past: `(batch, length · size)`.

        Returns:
            `(batch, size)`.
        """
        keys = ops.matmul(ops.reshape(past, (-1, self.output_size)), self.key_kernel)
        keys = ops.reshape(keys, (-1, self.length, self.key_kernel.shape[-1]))
        scores = ops.sum(self.score * ops.tanh(keys + query[:, None]), axis=-1, keepdims=True)
        past = ops.reshape(past, (-1, self.length, self.output_size))
        return ops.sum(ops.softmax(scores, axis=1) * past, axis=1)

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Return the cell's initial state and zeros for what is attended to."""
        own = self.state_size[-2:]
        zeros = [ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in own]
        return [*tree.flatten(super().get_initial_state(batch_size)), *zeros]

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        if cls is AttentionCellWrapper:
            # Files from when it could build the cell itself have the cell's `units`.
            config = {name: value for name, value in config.items() if name != "units"}
        return super().from_config(config, custom_objects)
