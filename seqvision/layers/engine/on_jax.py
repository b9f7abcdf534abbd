"""The loop on JAX: a scan forward and one backward."""

from functools import partial
from typing import Any

import jax  # pyright: ignore[reportMissingImports]

from seqvision.layers.engine import loop
from seqvision.layers.engine.reading import read
from seqvision.layers.engine.steps import GRUStep, Step

NAME = "engine"


def hindrance(*given: Any) -> str | None:
    """Why the engine does not apply: it always does."""
    return None


def slower_than_keras(step: Step, sequences: Any, mask: Any) -> str | None:
    """Why Keras's loop is faster, or may be."""
    device = jax.default_backend()
    if device == "cpu" or (device == "gpu" and isinstance(step, GRUStep)):
        return None
    return f"there is a {device.upper()}"


def run_layer(layer: Any, step: Step, given: Any, training: bool) -> tuple[Any, str]:
    """Run a layer, whose batch XLA's threads share; return what `inner_loop` does, and how."""
    how = "scan, unrolled" if layer.unroll else "scan"
    return read(layer, partial(run, step, bool(layer.unroll)), *given), how


def run(step: Step, unroll: bool, given: loop.Given) -> tuple[Any, list[Any]]:
    """Run a step over all time steps.

    Returns:
        The outputs `(time, batch, units)` and the last states.
    """
    scan = partial(_scan, unroll)

    @jax.custom_gradient
    def over_time(projected: Any, states: Any, weights: Any) -> Any:
        now = given.with_values(projected, states, weights)
        outputs, last, saved, operands = loop.forward(step, scan, now)

        def gradient(d: Any) -> Any:
            d_outputs, d_last = d
            return loop.backward(step, scan, now, d_outputs, d_last, saved, operands)

        return (outputs, last), gradient

    weights = [jax.numpy.asarray(weight) for weight in given.weights()]
    outputs, last = over_time(given.projected, given.states, weights)
    return outputs, last


def _scan(
    unroll: bool,
    body: loop.Body,
    inputs: list[Any],
    states: list[Any],
    kept: int,
    reverse: bool,
) -> tuple[list[Any], list[Any]]:
    def one(states: Any, inputs: Any) -> Any:
        new, row = body(list(inputs), states)
        # Keras's tanh and sigmoid of float64 are float32 on JAX, unless that is `floatx`.
        return [x.astype(s.dtype) for x, s in zip(new, states, strict=True)], row

    return jax.lax.scan(one, states, inputs, reverse=reverse, unroll=unroll)
