"""Where the engine applies, and what a layer says of the path it took."""

import logging
from typing import Any

import keras
from keras import ops

log = logging.getLogger("seqvision")


class FastLoop:
    """Mix into a Keras recurrent layer to run it through the engine on TensorFlow and a CPU.

    `layer.path` says after a call which path it took and why: `"engine: unrolled"`,
    `"keras: a mask is given"`. Where the engine does not apply, Keras's own loop runs; on a GPU
    that is cuDNN.
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
        reason = step if isinstance(step, str) else self._hindrance(mask, training)
        if reason:
            self._say(f"keras: {reason}")
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        return self._run(step, sequences, initial_state, training)

    def _hindrance(self, mask: Any, training: bool) -> str | None:
        """Why the engine does not apply to this call."""
        if keras.backend.backend() != "tensorflow":
            return f"the backend is {keras.backend.backend()}"
        import tensorflow as tf

        cell: Any = self.cell  # type: ignore[attr-defined]
        if tf.config.list_physical_devices("GPU"):
            return "there is a GPU"
        if mask is not None:
            return "a mask is given"
        if training and cell.recurrent_dropout:
            return "the state is dropped out"
        if training and cell.dropout and getattr(cell, "dropout_mask_count", None):
            return "each gate has a dropout mask of its own"
        return None

    def _run(self, step: Any, sequences: Any, initial_state: Any, training: bool) -> Any:
        from seqvision.layers.engine import loop

        layer: Any = self
        cell = layer.cell
        if training and cell.dropout:
            sequences = sequences * cell.get_dropout_mask(sequences[:, 0])[:, None]
        kernels, biases, bias = self._weights_of_step()
        projected = ops.matmul(ops.transpose(sequences, (1, 0, 2)), cell.kernel)
        if bias is not None:
            projected = ops.add(projected, bias)
        # Half precision is for products; what adds up over time keeps its digits.
        state_type = "float64" if cell.compute_dtype == "float64" else "float32"
        if layer.go_backwards:
            projected = ops.flip(projected, axis=0)
        outputs, states = loop.run(
            step,
            ops.cast(projected, state_type),
            [ops.cast(state, state_type) for state in initial_state],
            kernels,
            [None if b is None else ops.cast(b, state_type) for b in biases],
        )
        time = projected.shape[0]
        unrolled = time is not None and time <= loop.UNROLLED_UP_TO
        self._say(f"engine: {'unrolled' if unrolled else 'while loop'}")
        states = [ops.cast(state, cell.compute_dtype) for state in states]
        if layer.return_sequences:
            every = ops.transpose(ops.cast(outputs, cell.compute_dtype), (1, 0, 2))
        else:
            every = ops.expand_dims(states[0], 1)
        return states[0], every, states

    def _say(self, path: str) -> None:
        if path != self.path:
            self.path = path
            log.debug("%s: %s", self.name, path)  # type: ignore[attr-defined]


def plain(activation: Any, *names: str) -> bool:
    """Whether a cell's activation is one of Keras's of these names."""
    return any(activation is getattr(keras.activations, name) for name in names)
