"""The loop on TensorFlow: unrolled or a while loop, and the batch in shards side by side."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import tensorflow as tf

from seqvision.layers.engine import loop, shards
from seqvision.layers.engine.graph import Graph, graph_for
from seqvision.layers.engine.reading import read
from seqvision.layers.engine.steps import Step

KEPT = 128
"""Traced functions that are kept at most, for other layers and later calls of the same shapes."""

NAME = "engine"


def hindrance(*given: Any) -> str | None:
    """Why the engine does not apply: it always does."""
    return None


def slower_than_keras(*given: Any) -> str | None:
    """Why Keras's loop, which is cuDNN on a GPU, is faster."""
    # Hidden GPUs do not count. Asking does not start TensorFlow's runtime.
    return "there is a GPU" if tf.config.get_visible_devices("GPU") else None


def run_layer(layer: Any, step: Step, given: Any, training: bool) -> tuple[Any, str]:
    """Run a layer in shards side by side; return what `inner_loop` does, and how it was done."""
    graph = graph_for(layer.unroll, given[0].shape[1], training)
    return side_by_side(partial(read, layer, partial(run, step, graph)), given, graph), str(graph)


def side_by_side(read_part: Callable[..., Any], given: Any, graph: Graph) -> Any:
    """Let `read_part` read each shard of what is given, `(batch, time, ...)` first."""
    parts = shards.cut(given, 1 if graph.exported else shards.count(given[0].shape[0]))
    return shards.join([read_part(*part) for part in parts])


def run(step: Step, graph: Graph, given: loop.Given) -> tuple[Any, list[Any]]:
    """Run a step over all time steps.

    Returns:
        The outputs `(time, batch, units)` and the last states.
    """
    if graph.for_inference:
        walk = outputs_only(unrolled if graph.unrolled else in_while)
        outputs, last, *_ = loop.forward(step, walk, given)
        return outputs, last
    time, _, size = given.projected.shape
    if graph.exported:
        forward, backward = _passes(step, graph.unrolled)
    else:
        forward, backward = _shared_passes(step, time if graph.unrolled else None, size)

    @tf.custom_gradient
    def over_time(projected: Any, states: Any, *weights: Any) -> Any:
        now = given.with_values(projected, states, list(weights))
        outputs, last, saved, operands = forward(now)

        def gradient(d_outputs: Any, *d_last: Any) -> Any:
            d_projected, d_states, d_weights = backward(
                now, d_outputs, list(d_last), saved, operands
            )
            return d_projected, d_states, *d_weights

        return (outputs, *last), gradient

    # Variables are read here: TensorFlow wants a gradient function to be given tensors only.
    weights = [tf.convert_to_tensor(weight) for weight in given.weights()]
    outputs, *last = over_time(given.projected, given.states, *weights)
    return outputs, last


def _passes(step: Step, is_unrolled: bool) -> tuple[Any, Any]:
    """The forward and the backward pass of a step."""
    walk = unrolled if is_unrolled else in_while
    return partial(loop.forward, step, walk), partial(loop.backward, step, walk)


@lru_cache(KEPT)
def _shared_passes(step: Step, time: int | None, size: int) -> tuple[Any, Any]:
    """The two passes as functions of TensorFlow.

    There is one pair for each unrolled `time` (None: a loop) and each `size`; only the batch may
    then differ, and is traced as unknown when it does. Layers and shards of the same shapes share
    a pair, which makes the first training step several times faster.
    """
    forward, backward = _passes(step, time is not None)
    return _traced(forward), _traced(backward)


def _traced(run_over: Callable[..., Any]) -> Any:
    made = function(lambda given, *ends: run_over(loop.Given(*given), *ends))
    return lambda given, *ends: made(given.as_tuple(), *ends)


def function(python_function: Callable[..., Any]) -> Any:
    """A function of TensorFlow, traced once for all shapes if it can be."""
    # TensorFlow counts the tracings of all functions of the same lines, and would warn of a model
    # with a few layers of different shapes. A `partial` has no lines, and is counted by itself.
    return tf.function(partial(python_function), autograph=False, reduce_retracing=True)


def unrolled(
    body: loop.Body, inputs: list[Any], states: list[Any], kept: int, reverse: bool
) -> tuple[list[Any], list[Any]]:
    """Unroll the steps in the graph."""
    # Traced once and called for each step; TensorFlow puts the body in place of each call.
    body = function(body)
    steps = list(zip(*(tf.unstack(tensor) for tensor in inputs), strict=True))
    rows = []
    for inputs_t in reversed(steps) if reverse else steps:
        states, row = body(list(inputs_t), states)
        rows.append(row)
    if reverse:
        rows.reverse()
    return states, [tf.stack(column) for column in zip(*rows, strict=True)]


def in_while(
    body: loop.Body, inputs: list[Any], states: list[Any], kept: int, reverse: bool
) -> tuple[list[Any], list[Any]]:
    """Run the steps in a loop, whose graph does not grow with their number."""
    time = inputs[0].shape[0] or tf.shape(inputs[0])[0]
    read = [tf.TensorArray(x.dtype, time).unstack(x) for x in inputs]
    dtype = inputs[0].dtype
    write = [tf.TensorArray(dtype, time, element_shape=None) for _ in range(kept)]

    def one(t: Any, states: list[Any], write: list[Any]) -> Any:
        at = time - 1 - t if reverse else t
        states, row = body([array.read(at) for array in read], states)
        return t + 1, states, [a.write(at, x) for a, x in zip(write, row, strict=True)]

    def more(t: Any, *_: Any) -> Any:
        return t < time

    _, states, write = tf.while_loop(more, one, (0, states, write), maximum_iterations=time)
    return states, [array.stack() for array in write]


def outputs_only(walk: loop.Walk) -> loop.Walk:
    """A walk that keeps the first tensor of each step, its output, in the place of the others."""

    def walked(
        body: loop.Body, inputs: list[Any], states: list[Any], kept: int, reverse: bool
    ) -> tuple[list[Any], list[Any]]:
        def shorter(inputs_t: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
            new_states, row = body(inputs_t, carried)
            return new_states, row[:1]

        last, (outputs,) = walk(shorter, inputs, states, 1, reverse)
        return last, [outputs] * kept

    return walked
