"""Any cell, run over time."""

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import keras
from keras import ops, tree
from keras.src import backend  # The loop itself is not among the public names.

from seqvision.cells.base import Cell
from seqvision.layers.linear import linear_recurrence


@keras.saving.register_keras_serializable("seqvision")
class Recurrent(keras.layers.RNN):
    """`keras.layers.RNN` that does at once, for all time steps, what needs no state.

    For a cell of the `project`/`step` protocol (`seqvision.cells.base.Cell`) the loop over time
    holds only `step`; for one that is linear in its state, such as the simple recurrent unit,
    there is no such loop, unless there is a mask or the number of steps is not known. For any
    other Keras cell it is `keras.layers.RNN`. Arguments, masks, states and results are those of
    `keras.layers.RNN`.
    """

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False):
        if not isinstance(self.cell, Cell):
            return super().inner_loop(sequences, initial_state, mask, training)
        cell = self.cell
        projected = cell.project(sequences, training)
        if mask is None and sequences.shape[1]:
            linear = cell.recurrence(projected, training)
            if linear is not None:
                return self._at_once(projected, *linear, initial_state[0], training)
        # Keras's loop reads one tensor a step, so parts of a projection go side by side.
        parts = tree.flatten(projected)
        ends = list(accumulate(part.shape[-1] for part in parts))[:-1]
        joined = ops.concatenate(parts, axis=-1) if ends else parts[0]

        def step(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
            split = ops.split(inputs, ends, axis=-1) if ends else [inputs]
            return cell.step(tree.pack_sequence_as(projected, split), list(states), training)

        # On JAX Keras repeats the first state at a skipped step, where it means the output before.
        remember = mask is not None and keras.backend.backend() == "jax"
        if remember:
            nothing = ops.zeros((joined.shape[0], cell.output_size), dtype=self.compute_dtype)
            initial_state, step = [nothing, *initial_state], _remembering(step)
        last, outputs, states = backend.rnn(
            step,
            joined,
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=self.unroll or (cell.light and _short(sequences.shape[1])),
            input_length=sequences.shape[1],
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )
        return last, outputs, list(states)[remember:]

    def _at_once(self, projected: Any, a: Any, b: Any, start: Any, training: bool) -> Any:
        """Take a linear cell over all time steps; return what `inner_loop` does."""
        if self.go_backwards:
            flipped = tree.map_structure(lambda p: ops.flip(p, axis=1), (projected, a, b))
            projected, a, b = flipped
        # Half precision is for products; what adds up over time keeps its digits.
        dtype = "float64" if self.compute_dtype == "float64" else "float32"
        c = linear_recurrence(*(ops.cast(value, dtype) for value in (a, b, start)))
        c = ops.cast(c, self.compute_dtype)
        if self.return_sequences:
            outputs = self.cell.read(projected, c, training)
            return outputs[:, -1], outputs, [c[:, -1]]
        last = tree.map_structure(lambda p: p[:, -1], projected)
        output = self.cell.read(last, c[:, -1], training)
        return output, output[:, None], [c[:, -1]]


def _short(time: int | None) -> bool:
    """Whether so many steps are laid out one by one, as the engine does it."""
    if keras.backend.backend() != "tensorflow":
        return False
    from seqvision.layers.engine.on_tensorflow import is_unrolled

    return is_unrolled(time)


def _remembering(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step whose first state is the output of the step before."""

    def remembering(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        output, new_states = step(inputs, list(states)[1:])
        return output, [output, *new_states]

    return remembering
