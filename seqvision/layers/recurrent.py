"""Any cell, run over time."""

from collections.abc import Callable
from functools import partial
from itertools import accumulate
from typing import Any

import keras
from keras import ops, tree

from seqvision.cells.protocol import Cell, is_elementwise
from seqvision.layers.engine.choice import asked_for
from seqvision.layers.engine.path import TellsPath
from seqvision.layers.engine.unroll import unroll_may_be_left_open
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.masked import without_masked
from seqvision.privates import rnn


@keras.saving.register_keras_serializable("seqvision")
@unroll_may_be_left_open
class Recurrent(TellsPath, keras.layers.RNN):
    """`keras.layers.RNN` that computes what needs no state for all time steps at once.

    For a cell of the `project`/`step` protocol (`seqvision.cells.protocol.Cell`) the loop over time
    holds only `step`. On TensorFlow the engine runs those whose steps are elementwise between
    their products, with its own backward pass. A cell that is linear in its state, such as the
    simple recurrent unit, needs no loop at all, unless `unroll=False`. For any other Keras cell it
    is `keras.layers.RNN`.
    Arguments, masks, states and results are those of `keras.layers.RNN`; `unroll=None`, the
    default, lets the layer choose. `layer.path` says which path a call took.

    Examples:
        >>> import keras
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(keras.layers.LSTMCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
        >>> layer.path
        'keras: the cell is not of the project/step protocol'
    """

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False):
        """Run `(batch, time, features)`; return the last output, all outputs, the last states."""
        sequences = without_masked(sequences, mask[0] if tree.is_nested(mask) else mask)
        if not isinstance(self.cell, Cell):
            self._say("keras: the cell is not of the project/step protocol")
            return super().inner_loop(sequences, initial_state, mask, training)
        cell = self.cell
        sequences = ops.cast(sequences, cell.compute_dtype)  # As in the cell's `call`.
        mask = mask[0] if tree.is_nested(mask) else mask
        reason = self._hindrance()
        if not reason:
            return self._run(sequences, list(initial_state), mask, training)
        projected = cell.project(sequences, training)
        if self.unroll is not False:
            linear = cell.recurrence(projected, training)
            if linear is not None:
                self._say("all steps at once")
                return self._at_once(projected, *linear, initial_state[0], mask, training)
        self._say(f"keras's loop: {reason}")
        # Keras's loop reads one tensor a step, so the parts of a projection are concatenated.
        parts = tree.flatten(projected)
        ends = list(accumulate(part.shape[-1] for part in parts))[:-1]
        joined = ops.concatenate(parts, axis=-1) if ends else parts[0]

        def step(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
            split = ops.split(inputs, ends, axis=-1) if ends else [inputs]
            return cell.step(tree.pack_sequence_as(projected, split), list(states), training)

        # At a masked step Keras repeats the output before, but on JAX the first state.
        remember = mask is not None and keras.backend.backend() == "jax"
        if remember:
            nothing = ops.zeros((joined.shape[0], cell.output_size), dtype=self.compute_dtype)
            initial_state, step = [nothing, *initial_state], _remembering(step)
        last, outputs, states = rnn(
            step,
            joined,
            initial_state,
            go_backwards=self.go_backwards,
            mask=mask,
            unroll=bool(self.unroll),
            input_length=sequences.shape[1],
            zero_output_for_mask=self.zero_output_for_mask,
            return_all_outputs=self.return_sequences,
        )
        return last, outputs, list(states)[remember:]

    def _hindrance(self) -> str | None:
        """Why the engine does not apply."""
        if not is_elementwise(self.cell):
            return "the cell's steps are not elementwise"
        if keras.backend.backend() != "tensorflow":
            return f"the backend is {keras.backend.backend()}"
        if (wanted := asked_for()) is not None:
            return None if wanted == "engine" else f"SEQVISION_ENGINE is {wanted}"
        from seqvision.layers.engine import on_tensorflow

        return on_tensorflow.slower_than_keras()

    def _run(
        self, sequences: Any, states: list[Any], mask: Any, training: bool
    ) -> tuple[Any, Any, list[Any]]:
        """Run the batch through the engine; return what `inner_loop` does."""
        from seqvision.layers.engine.elementwise_on_tensorflow import CellRun
        from seqvision.layers.engine.graph import graph_for
        from seqvision.layers.engine.on_tensorflow import side_by_side

        # Kept for later calls outside a graph; in `__dict__`, so that Keras does not track it.
        runs = self.__dict__.setdefault("_cell_runs", {})
        run = runs.setdefault(training, CellRun(self.cell, training))
        graph = graph_for(self.unroll, sequences.shape[1], training)
        read = partial(self._read, partial(run, graph), training)
        self._say(f"engine: {graph}")
        return side_by_side(read, (sequences, states, mask), graph)

    def _read(
        self, run: Any, training: bool, sequences: Any, states: list[Any], mask: Any
    ) -> tuple[Any, Any, list[Any]]:
        """Run one shard, `(batch, time, features)`; return what `inner_loop` does.

        Args:
            run: runs the cell over what it projects, `(time, batch, size)`.
            states: each `(batch, size)`.
            mask: `(batch, time)` or None.
        """
        projected = self.cell.project(ops.transpose(sequences, (1, 0, 2)), training)
        if mask is not None:
            mask = ops.cast(ops.transpose(mask), "bool")[:, :, None]
        if self.go_backwards:
            projected = tree.map_structure(lambda part: ops.flip(part, axis=0), projected)
            mask = None if mask is None else ops.flip(mask, axis=0)
        outputs, states = run(projected, states, mask)
        if mask is not None and self.zero_output_for_mask:
            outputs = ops.where(mask, outputs, ops.zeros_like(outputs))
        last = outputs[-1]
        every = ops.transpose(outputs, (1, 0, 2)) if self.return_sequences else last[:, None]
        return last, every, states

    def _at_once(
        self, projected: Any, a: Any, b: Any, start: Any, mask: Any, training: bool
    ) -> Any:
        """Run a linear cell without a loop; return what `inner_loop` does.

        Args:
            projected: what `cell.project` returns, each `(batch, time, size)`.
            a, b: what `cell.recurrence` returns, `(batch, time, units)`.
            start: the first state, `(batch, units)`.
            mask: `(batch, time)` or None.
        """
        if self.go_backwards:
            flipped = tree.map_structure(lambda p: ops.flip(p, axis=1), (projected, a, b))
            projected, a, b = flipped
            mask = None if mask is None else ops.flip(mask, axis=1)
        c = ops.cast(linear_recurrence(a, b, start, mask), self.compute_dtype)
        if mask is not None:
            outputs = self._held(self.cell.read(projected, c, training), mask)
            last = outputs[:, -1]
            return last, outputs if self.return_sequences else last[:, None], [c[:, -1]]
        if self.return_sequences:
            outputs = self.cell.read(projected, c, training)
            return outputs[:, -1], outputs, [c[:, -1]]
        last = tree.map_structure(lambda p: p[:, -1], projected)
        output = self.cell.read(last, c[:, -1], training)
        return output, output[:, None], [c[:, -1]]

    def _held(self, outputs: Any, mask: Any) -> Any:
        """Outputs `(batch, time, size)`, at a masked step those before it, or zeros if wanted.

        Before the first step that is not masked they are zeros, as Keras has it.
        """
        shown = without_masked(outputs, mask)
        if self.zero_output_for_mask:
            return shown
        kept = without_masked(ops.zeros_like(outputs), mask, 1.0)
        return ops.cast(linear_recurrence(kept, shown), outputs.dtype)


def _remembering(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step whose first state is the output of the step before."""

    def remembering(inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        output, new_states = step(inputs, list(states)[1:])
        return output, [output, *new_states]

    return remembering
