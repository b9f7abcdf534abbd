"""Where the engine applies, and what a layer says of the path it took."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops, tree

from seqvision.layers.engine.loop import Given
from seqvision.layers.engine.path import TellsPath
from seqvision.layers.masked import without_masked


class FastLoop(TellsPath):
    """Mix into a Keras recurrent layer to run it through the engine on a CPU.

    `layer.path` says after a call which path it took and why: `"engine: unrolled"`,
    `"keras: there is a GPU"`. Where the engine does not apply, Keras's own loop runs;
    on a GPU that is cuDNN.
    """

    def _step(self) -> Any:
        """The cell's step for the engine, or the reason why there is none."""
        raise NotImplementedError

    def _weights_of_step(self) -> tuple[list[Any], list[Any], Any]:
        """The kernel and bias of each product, and the bias of the projection; biases may be None.

        Kernels are `(units, gates · units)`, biases `(gates · units,)`.
        """
        raise NotImplementedError

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False):
        mask = mask[0] if tree.is_nested(mask) else mask
        sequences = without_masked(sequences, mask)
        step = self._step()
        reason = step if isinstance(step, str) else self._hindrance(step, sequences, mask, training)
        if reason:
            self._say(f"keras: {reason}")
            return super().inner_loop(sequences, initial_state, mask, training)  # type: ignore[misc]
        return self._run(step, sequences, list(initial_state), mask, training)

    def _hindrance(self, step: Any, sequences: Any, mask: Any, training: bool) -> str | None:
        """Why the engine does not apply to this call."""
        engine = _engine()
        if engine is None:
            return f"the backend is {keras.backend.backend()}"
        if getattr(self, "use_cudnn", None) is True:
            return "use_cudnn is True"
        cell: Any = self.cell  # type: ignore[attr-defined]
        if training and not engine.DROPOUT_WITHIN:
            if cell.recurrent_dropout:
                return "the state is dropped out"
            if cell.dropout and getattr(cell, "dropout_mask_count", None):
                return "each gate has a dropout mask of its own"
        return engine.hindrance(self, step, sequences, mask)

    def _run(
        self, step: Any, sequences: Any, states: list[Any], mask: Any, training: bool
    ) -> tuple[Any, Any, list[Any]]:
        """Run the batch through the engine; return what `inner_loop` does."""
        cell: Any = self.cell  # type: ignore[attr-defined]
        masks = recurrent_masks = None
        if training and cell.dropout:
            masks = cell.get_dropout_mask(sequences[:, 0])
            if not isinstance(masks, list):
                sequences, masks = sequences * masks[:, None], None
        if training and cell.recurrent_dropout:
            recurrent_masks = tree.flatten(cell.get_recurrent_dropout_mask(states[0]))
        given = sequences, states, mask, masks, recurrent_masks
        outputs, how = _engine().run_layer(self, step, given, training)
        self._say(f"engine: {how}")
        return outputs

    def _read(
        self,
        run: Callable[..., tuple[Any, list[Any]]],
        sequences: Any,
        states: list[Any],
        mask: Any,
        masks: list[Any] | None,
        recurrent_masks: list[Any] | None,
    ) -> tuple[Any, Any, list[Any]]:
        """Read a batch `(batch, time, features)` by a loop; return what `inner_loop` does.

        Args:
            run: from `Given` to the outputs `(time, batch, units)` and the last states.
            states: each `(batch, units)`.
            mask: `(batch, time)` or None.
            masks, recurrent_masks: of dropout, for each gate, `(batch, features)` and
                `(batch, units)`.
        """
        layer: Any = self
        cell = layer.cell
        kernels, biases, bias = self._weights_of_step()
        sequences = ops.transpose(sequences, (1, 0, 2))
        *steps, size = ops.shape(sequences)

        def product(operand: Any, kernel: Any) -> Any:
            # Of matrices: TensorFlow then adds the bias within it.
            return ops.matmul(ops.reshape(operand, (-1, size)), kernel)

        if masks:
            gates = zip(masks, ops.split(cell.kernel, len(masks), axis=1), strict=True)
            projected = ops.concatenate([product(sequences * m, k) for m, k in gates], axis=-1)
        else:
            projected = product(sequences, cell.kernel)
        if bias is not None:
            projected = ops.add(projected, bias)
        projected = ops.reshape(projected, (*steps, projected.shape[-1]))
        # Half precision is for products; sums over time need more digits.
        state_type = "float64" if cell.compute_dtype == "float64" else "float32"

        def exact(tensors: Any) -> Any:
            return tree.map_structure(
                lambda x: None if x is None else ops.cast(x, state_type), tensors
            )

        if mask is not None:
            mask = ops.cast(ops.transpose(mask), "bool")[:, :, None]
        if layer.go_backwards:
            projected = ops.flip(projected, axis=0)
            mask = None if mask is None else ops.flip(mask, axis=0)
        dropout = None
        if recurrent_masks:
            given = iter(exact(recurrent_masks))
            dropout = [[next(given) for _ in range(k.shape[1] // cell.units)] for k in kernels]
        outputs, states = run(
            Given(exact(projected), exact(states), kernels, exact(biases), mask, dropout)
        )
        states = [ops.cast(state, cell.compute_dtype) for state in states]
        last = states[0]
        if mask is not None:
            # As in Keras's loop, a masked step repeats the output before it, or zeros if there
            # was none.
            shown = mask
            if not layer.zero_output_for_mask:
                shown = ops.cumsum(ops.cast(mask, "int32"), axis=0) > 0
            outputs = ops.where(shown, outputs, ops.zeros_like(outputs))
            last = ops.cast(outputs[-1], cell.compute_dtype)
        if layer.return_sequences:
            every = ops.transpose(ops.cast(outputs, cell.compute_dtype), (1, 0, 2))
        else:
            every = ops.expand_dims(last, 1)
        return last, every, states


def _engine() -> Any:
    """The engine of Keras's backend, or None."""
    if keras.backend.backend() == "tensorflow":
        from seqvision.layers.engine import on_tensorflow as engine
    elif keras.backend.backend() == "jax":
        from seqvision.layers.engine import on_jax as engine
    elif keras.backend.backend() == "torch":
        from seqvision.layers.engine import on_torch as engine
    else:
        return None
    return engine


def plain(activation: Any, *names: str) -> bool:
    """Whether a cell's activation is one of Keras's of these names."""
    return any(activation is getattr(keras.activations, name) for name in names)
