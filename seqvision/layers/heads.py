"""Several heads, whose numbers lie side by side in what a kernel makes."""

from typing import Any

from keras import ops

from seqvision.layers.precision import full


def in_heads(row: Any, heads: int) -> Any:
    """Cut `(…, heads · size)` into `(…, heads, size)`, in full precision."""
    row = ops.cast(row, full(row.dtype))
    return ops.reshape(row, (*ops.shape(row)[:-1], heads, row.shape[-1] // heads))


def normalised(values: Any) -> Any:
    """Shift and scale the values of each head, `(…, heads, size)`, to mean 0 and variance 1."""
    values = values - ops.mean(values, axis=-1, keepdims=True)
    return values * ops.rsqrt(ops.mean(ops.square(values), axis=-1, keepdims=True) + 1e-5)
