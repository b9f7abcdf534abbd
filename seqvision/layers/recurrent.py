"""Any cell, run over time."""

from itertools import accumulate
from typing import Any

import keras
from keras import ops, tree
from keras.src import backend  # The loop itself is not among the public names.

from seqvision.cells.base import Cell


@keras.saving.register_keras_serializable("seqvision")
class Recurrent(keras.layers.RNN):
    """`keras.layers.RNN` that does at once, for all time steps, what needs no state.

    For a cell of the `project`/`step` protocol (`seqvision.cells.base.Cell`) the loop over time
    holds only `step`. For any other Keras cell it is `keras.layers.RNN`. Arguments, masks,
    states and results are those of `keras.layers.RNN`.
    """

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False):
        if not isinstance(self.cell, Cell):
            return super().inner_loop(sequences, initial_state, mask, training)
        cell = self.cell
        projected = cell.project(sequences, training)
        # Keras's loop reads one tensor a step, so parts of a projection go side by side.
        parts = tree.flatten(projected)
        ends = list(accumulate(part.shape[-1] for part in parts))[:-1]
        joined = ops.concatenate(parts, axis=-1) if ends else parts[0]

        def step(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
            split = ops.split(inputs, ends, axis=-1) if ends else [inputs]
            return cell.step(tree.pack_sequence_as(projected, split), list(states), training)

        return backend.rnn(
            step,
            joined,
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll,
            input_length=sequences.shape[1],
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )
