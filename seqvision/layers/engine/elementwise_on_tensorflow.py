"""Any cell whose steps are elementwise, run over time on TensorFlow."""

from collections.abc import Callable
from functools import partial
from typing import Any

import tensorflow as tf

from seqvision.layers.engine import elementwise
from seqvision.layers.engine.graph import Graph
from seqvision.layers.engine.loop import Walk
from seqvision.layers.engine.on_tensorflow import (
    KEPT,
    function,
    in_while,
    outputs_only,
    unrolled,
)
from seqvision.layers.engine.replay import Replay


class CellRun:
    """Runs a cell of elementwise steps over all time steps, for each shard of a batch.

    Shards and later calls of the same shapes share their graphs, unless these may be exported.
    """

    def __init__(self, cell: Any, training: bool):
        self.cell, self.training = cell, training
        self._shared: dict[Any, tuple[Any, Any, Any]] = {}

    def __call__(
        self, graph: Graph, projected: Any, states: list[Any], mask: Any
    ) -> tuple[Any, list[Any]]:
        """Run a shard.

        Args:
            projected: what `cell.project` returns, each `(time, batch, size)`.
            states: each `(batch, size)`.
            mask: `(time, batch, 1)` or None.

        Returns:
            The outputs `(time, batch, size)` and the last states.
        """
        parts = tf.nest.flatten(projected)
        structure = tf.nest.map_structure(lambda part: 0, projected)
        # Variables are read here, of states that are learnt too: see `on_tensorflow`.
        values = [tf.convert_to_tensor(weight.value) for weight in self.cell.weights]
        states = [tf.convert_to_tensor(state) for state in states]
        if graph.for_inference:
            forward, _, repeated = self._passes(graph.unrolled, structure, outputs_only)
            outputs, last, _ = forward(parts, states, values, mask)
            return outputs if mask is None else repeated(outputs, mask), last
        if graph.exported:
            forward, backward, repeated = self._passes(graph.unrolled, structure)
        else:
            time = parts[0].shape[0] if graph.unrolled else None
            forward, backward, repeated = self._shared_passes(time, structure)

        @tf.custom_gradient
        def over_time(parts: list[Any], states: list[Any], *values: Any) -> Any:
            outputs, last, kept = forward(parts, states, values, mask)

            def gradient(d_outputs: Any, *d_last: Any) -> Any:
                d_parts, d_states, d_values = backward(parts, values, mask, kept, d_outputs, d_last)
                return d_parts, d_states, *d_values

            return (outputs, *last), gradient

        outputs, *last = over_time(parts, states, *values)
        if mask is not None:
            outputs = repeated(outputs, mask)
        return outputs, last

    def _passes(
        self,
        is_unrolled: bool,
        structure: Any,
        keeping: Callable[[Walk], Walk] = lambda walk: walk,
    ) -> tuple[Any, Any, Any]:
        """The forward pass, the backward pass, and what repeats the output at masked steps."""
        walk = keeping(unrolled if is_unrolled else in_while)
        replay = Replay(self.cell, self.cell.weights, structure, self.training)
        return (
            partial(elementwise.forward, replay, walk),
            partial(elementwise.backward, replay, walk, _tape),
            partial(_repeated, walk),
        )

    def _shared_passes(self, time: int | None, structure: Any) -> tuple[Any, Any, Any]:
        key = time, str(structure)
        if key not in self._shared:
            if len(self._shared) == KEPT:
                del self._shared[next(iter(self._shared))]  # The oldest.
            forward, backward, repeated = self._passes(time is not None, structure)
            self._shared[key] = function(forward), function(backward), function(repeated)
        return self._shared[key]


def _repeated(walk: Walk, outputs: Any, mask: Any) -> Any:
    """As in Keras's loop, repeat the output before at a masked step, or zeros if there was none."""

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        output = tf.where(inputs[1], inputs[0], carried[0])
        return [output], [output]

    return walk(body, [outputs, mask], [tf.zeros_like(outputs[0])], 1, False)[1][0]


def _tape(function: Callable[[], Any], watched: list[Any]) -> tuple[Any, elementwise.Gradients]:
    tape = tf.GradientTape(persistent=True, watch_accessed_variables=False)
    with tape:
        tape.watch(watched)
        result = function()
    return result, lambda of, given, by: tape.gradient(of, by, output_gradients=given)
