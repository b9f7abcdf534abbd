"""Where the engine applies, and what a layer says of the path it took."""

import logging
from typing import Any

import keras
from keras import ops, tree

log = logging.getLogger("seqvision")


class FastLoop:
    """Mix into a Keras recurrent layer to run it through the engine on TensorFlow and a CPU.

    `layer.path` says after a call which path it took and why: `"engine: unrolled"`,
    `"keras: the state is dropped out"`. Where the engine does not apply, Keras's own loop runs;
    on a GPU that is cuDNN.
    """

    path = "not called yet"

    def _step(self) -> Any:
        """The cell's step for the engine, or the reason why there is none."""
        raise NotImplementedError

    def _weights_of_step(self) -> tuple[list[Any], list[Any], Any]:
        """The recurrent kernels, their biases, and the bias of the projection (each or None)."""
        raise NotImplementedError

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False):
        step = self._step()
        reason = step if isinstance(step, str) else self._hindrance(training)
        if reason:
            self._say(f"keras: {reason}")
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        return self._run(step, sequences, initial_state, mask, training)

    def _hindrance(self, training: bool) -> str | None:
        """Why the engine does not apply to this call."""
        if keras.backend.backend() != "tensorflow":
            return f"the backend is {keras.backend.backend()}"
        import tensorflow as tf

        cell: Any = self.cell  # type: ignore[attr-defined]
        if tf.config.list_physical_devices("GPU"):
            return "there is a GPU"
        if training and cell.recurrent_dropout:
            return "the state is dropped out"
        if training and cell.dropout and getattr(cell, "dropout_mask_count", None):
            return "each gate has a dropout mask of its own"
        return None

    def _run(self, step: Any, sequences: Any, initial_state: Any, mask: Any, training: bool) -> Any:
        """Run the batch in shards side by side; return what `inner_loop` does."""
        from seqvision.layers.engine import shards

        cell: Any = self.cell  # type: ignore[attr-defined]
        if training and cell.dropout:
            sequences = sequences * cell.get_dropout_mask(sequences[:, 0])[:, None]
        mask = mask[0] if tree.is_nested(mask) else mask
        weights = self._weights_of_step()
        count = shards.count(sequences.shape[0])
        parts = [
            self._read(step, weights, *part)
            for part in shards.cut((sequences, list(initial_state), mask), count)
        ]
        return shards.join(parts)

    def _read(self, step: Any, weights: Any, sequences: Any, states: list[Any], mask: Any) -> Any:
        """Run one shard: the last output, every output (if the layer gives it) and the states."""
        from seqvision.layers.engine import loop

        layer: Any = self
        cell = layer.cell
        kernels, biases, bias = weights
        projected = ops.matmul(ops.transpose(sequences, (1, 0, 2)), cell.kernel)
        if bias is not None:
            projected = ops.add(projected, bias)
        # Half precision is for products; what adds up over time keeps its digits.
        state_type = "float64" if cell.compute_dtype == "float64" else "float32"
        if mask is not None:
            mask = ops.cast(ops.transpose(mask), "bool")[:, :, None]
        if layer.go_backwards:
            projected = ops.flip(projected, axis=0)
            mask = None if mask is None else ops.flip(mask, axis=0)
        outputs, states = loop.run(
            step,
            ops.cast(projected, state_type),
            [ops.cast(state, state_type) for state in states],
            kernels,
            [None if b is None else ops.cast(b, state_type) for b in biases],
            mask,
        )
        unrolled = loop.is_unrolled(projected.shape[0])
        self._say(f"engine: {'unrolled' if unrolled else 'while loop'}")
        states = [ops.cast(state, cell.compute_dtype) for state in states]
        last = states[0]
        if mask is not None:
            # As in Keras's loop, a skipped step repeats the output before it, or zeros if there
            # was none.
            heard = mask if layer.zero_output_for_mask else ops.cumsum(mask, axis=0) > 0
            outputs = ops.where(heard, outputs, ops.zeros_like(outputs))
            last = ops.cast(outputs[-1], cell.compute_dtype)
        if layer.return_sequences:
            every = ops.transpose(ops.cast(outputs, cell.compute_dtype), (1, 0, 2))
        else:
            every = ops.expand_dims(last, 1)
        return last, every, states

    def _say(self, path: str) -> None:
        if path != self.path:
            self.path = path
            log.debug("%s: %s", self.name, path)  # type: ignore[attr-defined]


def plain(activation: Any, *names: str) -> bool:
    """Whether a cell's activation is one of Keras's of these names."""
    return any(activation is getattr(keras.activations, name) for name in names)
