"""A batch read over time: all that a layer does around the loop of a step."""

from collections.abc import Callable
from typing import Any

from keras import ops, tree

from seqvision.layers.engine.loop import Given


def read(
    layer: Any,
    run: Callable[[Given], tuple[Any, list[Any]]],
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
    given = sequences, states, mask, masks, recurrent_masks
    outputs, states = over_time(layer, run, weights_of(layer.cell), *given)
    return shown(layer, outputs, states, mask, time_axis=0)


def weights_of(cell: Any) -> list[Any]:
    """The kernel, the recurrent kernel and the bias of a cell, which may be None."""
    weights = cell.kernel, cell.recurrent_kernel, cell.bias
    return [None if weight is None else ops.convert_to_tensor(weight) for weight in weights]


def over_time(
    layer: Any,
    run: Callable[[Given], tuple[Any, list[Any]]],
    weights: list[Any],
    sequences: Any,
    states: list[Any],
    mask: Any,
    masks: list[Any] | None,
    recurrent_masks: list[Any] | None,
) -> tuple[Any, list[Any]]:
    """The states after each step, `(time, batch, units)` in the order of reading, and the last."""
    cell = layer.cell
    kernel, recurrent_kernel, bias = weights
    kernels, biases, bias = layer._weights_of_step(recurrent_kernel, bias)
    sequences = ops.transpose(sequences, (1, 0, 2))
    *steps, size = ops.shape(sequences)

    def product(operand: Any, kernel: Any) -> Any:
        # Of matrices: TensorFlow then adds the bias within it.
        return ops.matmul(ops.reshape(operand, (-1, size)), kernel)

    if masks:
        gates = zip(masks, ops.split(kernel, len(masks), axis=1), strict=True)
        projected = ops.concatenate([product(sequences * m, k) for m, k in gates], axis=-1)
    else:
        projected = product(sequences, kernel)
    if bias is not None:
        projected = ops.add(projected, bias)
    projected = ops.reshape(projected, (*steps, projected.shape[-1]))
    # Half precision is for products; sums over time need more digits.
    state_type = "float64" if cell.compute_dtype == "float64" else "float32"

    def exact(tensors: Any) -> Any:
        return tree.map_structure(lambda x: None if x is None else ops.cast(x, state_type), tensors)

    if mask is not None:
        mask = ops.cast(ops.transpose(mask), "bool")[:, :, None]
    if layer.go_backwards:
        projected = ops.flip(projected, axis=0)
        mask = None if mask is None else ops.flip(mask, axis=0)
    dropout = None
    if recurrent_masks:
        given = iter(exact(recurrent_masks))
        dropout = [[next(given) for _ in range(k.shape[1] // cell.units)] for k in kernels]
    return run(Given(exact(projected), exact(states), kernels, exact(biases), mask, dropout))


def shown(
    layer: Any, outputs: Any, states: list[Any], mask: Any, time_axis: int
) -> tuple[Any, Any, list[Any]]:
    """What `inner_loop` returns: the last output, every one that is wanted, and the last states.

    Args:
        outputs: the states after each step, in the order of reading, with time as axis 0 or 1.
        mask: `(batch, time)` or None.
    """
    dtype = layer.cell.compute_dtype
    states = [ops.cast(state, dtype) for state in states]
    last = states[0]
    if mask is not None:
        # As in Keras's loop, a masked step repeats the output before it, or zeros if there was
        # none.
        mask = ops.cast(mask, "bool") if time_axis else ops.cast(ops.transpose(mask), "bool")
        mask = ops.flip(mask, axis=time_axis) if layer.go_backwards else mask
        if not layer.zero_output_for_mask:
            mask = ops.cumsum(ops.cast(mask, "int32"), axis=time_axis) > 0
        outputs = ops.where(mask[:, :, None], outputs, ops.zeros_like(outputs))
        last = ops.cast(outputs[:, -1] if time_axis else outputs[-1], dtype)
    if not layer.return_sequences:
        return last, ops.expand_dims(last, 1), states
    every = ops.cast(outputs, dtype)
    return last, every if time_axis else ops.transpose(every, (1, 0, 2)), states
