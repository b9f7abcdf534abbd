"""A step run over time, with a gradient of its own."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import tensorflow as tf

from seqvision.layers.engine.steps import Step

UNROLLED_UP_TO = 64
"""Time steps that are laid out one by one in the graph. Unrolled steps run faster, but each adds
to the graph that is traced at the start; beyond this a while loop does the same."""


def is_unrolled(time: int | None) -> bool:
    """Whether so many time steps (None: not known yet) are laid out one by one."""
    return time is not None and time <= UNROLLED_UP_TO


def run(
    step: Step,
    projected: Any,
    states: list[Any],
    kernels: list[Any],
    biases: list[Any],
    mask: Any = None,
) -> tuple[Any, list[Any]]:
    """Run a step over all time steps.

    Products are computed in the kernels' type, and everything else in that of the states: with
    bfloat16 kernels, states and sums stay float32.

    Args:
        projected: `(time, batch, size)`.
        states: each `(batch, units)`.
        kernels: the recurrent kernel of each product.
        biases: the bias of each product, or None.
        mask: `(time, batch, 1)`; where it is False a step leaves the states as they were.

    Returns:
        The outputs `(time, batch, units)` and the final states.
    """
    time, size = projected.shape[0], projected.shape[-1]
    forward, backward = _passes(step, time if is_unrolled(time) else None, size)
    weights = [*kernels, *(bias for bias in biases if bias is not None)]

    @tf.custom_gradient
    def over_time(projected: Any, states: Any, *weights: Any) -> Any:
        given = iter(weights)
        kernels = [next(given) for _ in range(step.products)]
        biases_given = [None if bias is None else next(given) for bias in biases]
        outputs, final, saved, operands = forward(projected, states, kernels, biases_given, mask)

        def gradient(d_outputs: Any, *d_final: Any) -> Any:
            d_projected, d_states, d_kernels, d_biases = backward(
                d_outputs, list(d_final), saved, operands, kernels, mask
            )
            kept = [d for d, bias in zip(d_biases, biases, strict=True) if bias is not None]
            return d_projected, d_states, *d_kernels, *kept

        return (outputs, *final), gradient

    # Variables are read here: TensorFlow wants a gradient function to be given tensors only.
    outputs, *final = over_time(projected, states, *(tf.convert_to_tensor(w) for w in weights))
    return outputs, final


@cache
def _passes(step: Step, time: int | None, size: int) -> tuple[Any, Any]:
    """The forward and the backward pass of a step as functions of TensorFlow.

    They are made anew for each `time` that is unrolled (None: a loop) and each `size`; what is
    left to differ, the batch, is traced as unknown when it does. Layers and shards of the same
    shapes share them: traced once for all, the first training step comes several times sooner.
    """
    walk = _while if time is None else _unrolled
    make = partial(tf.function, autograph=False, reduce_retracing=True)
    return make(partial(_forward, step, walk)), make(partial(_backward, step, walk))


def _forward(
    step: Step,
    walk: Callable[..., Any],
    projected: Any,
    states: list[Any],
    kernels: list[Any],
    biases: list[Any],
    mask: Any,
) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """The outputs, the final states, what `step.factors` needs and the operands of products."""

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        operands: list[Any] = [None] * step.products

        def product(k: int, operand: Any) -> Any:
            operands[k] = operand
            result = tf.matmul(tf.cast(operand, kernels[k].dtype), kernels[k])
            result = tf.cast(result, operand.dtype)
            bias = biases[k]
            return result if bias is None else tf.nn.bias_add(result, bias)

        new_states, saved = step.forward(inputs[0], carried, product)
        if mask is not None:
            new_states = _chosen(inputs[1], new_states, carried)
        return new_states, [new_states[0], *saved, *operands]

    inputs = [projected] if mask is None else [projected, mask]
    final, kept = walk(body, inputs, states, 1 + step.saved + step.products, False)
    return kept[0], final, kept[1 : 1 + step.saved], kept[1 + step.saved :]


def _backward(
    step: Step,
    walk: Callable[..., Any],
    d_outputs: Any,
    d_final: list[Any],
    saved: list[Any],
    operands: list[Any],
    kernels: list[Any],
    mask: Any,
) -> tuple[Any, list[Any], list[Any], list[Any]]:
    """The gradients of the projected input, the first states, the kernels and the biases."""

    def body(inputs: list[Any], carried: list[Any]) -> tuple[list[Any], list[Any]]:
        d_output, *factors = inputs
        mask_t = None if mask is None else factors.pop()
        d_products: list[Any] = [None] * step.products

        def product(k: int, d_product: Any) -> Any:
            d_products[k] = d_product
            d = tf.cast(d_product, kernels[k].dtype)
            return tf.cast(tf.matmul(d, kernels[k], transpose_b=True), d_product.dtype)

        d_new = [carried[0] + d_output, *carried[1:]]
        if mask_t is None:
            d_p, d_states = step.backward(factors, d_new, product)
        else:
            # What a skipped step is given, it hands on; a step is linear in what it is given, so
            # that from zeros it makes zeros.
            zeros = [tf.zeros_like(d) for d in d_new]
            d_p, d_states = step.backward(factors, _chosen(mask_t, d_new, zeros), product)
            handed_on = _chosen(mask_t, zeros, d_new)
            d_states = [a + b for a, b in zip(d_states, handed_on, strict=True)]
        return d_states, [d_p, *d_products]

    inputs = [d_outputs, *step.factors(saved)]
    if mask is not None:
        inputs.append(mask)
    d_states, (d_projected, *d_products) = walk(body, inputs, d_final, 1 + step.products, True)
    d_kernels, d_biases = [], []
    for kernel, operand, d in zip(kernels, operands, d_products, strict=True):
        # One product in place of a sum over time steps.
        rows = tf.reshape(d, (-1, d.shape[-1]))
        columns = tf.reshape(operand, (-1, operand.shape[-1]))
        d_kernels.append(
            tf.matmul(tf.cast(columns, kernel.dtype), tf.cast(rows, kernel.dtype), True)
        )
        d_biases.append(tf.reduce_sum(rows, axis=0))
    return d_projected, d_states, d_kernels, d_biases


def _chosen(mask: Any, new: list[Any], old: list[Any]) -> list[Any]:
    return [tf.where(mask, a, b) for a, b in zip(new, old, strict=True)]


def _unrolled(
    body: Any, inputs: list[Any], states: list[Any], kept: int, reverse: bool
) -> tuple[list[Any], list[Any]]:
    """Apply `body` to each time step in turn; return the last states and what was kept, stacked."""
    steps = list(zip(*(tf.unstack(tensor) for tensor in inputs), strict=True))
    rows = []
    for inputs_t in reversed(steps) if reverse else steps:
        states, row = body(list(inputs_t), states)
        rows.append(row)
    if reverse:
        rows.reverse()
    return states, [tf.stack(column) for column in zip(*rows, strict=True)]


def _while(
    body: Any, inputs: list[Any], states: list[Any], kept: int, reverse: bool
) -> tuple[list[Any], list[Any]]:
    """The same in a loop, whose graph does not grow with the number of time steps."""
    time = tf.shape(inputs[0])[0]
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
