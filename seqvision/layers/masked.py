"""Replaces masked steps of a sequence before anything is computed from them."""

from typing import Any

import keras
from keras import ops

from seqvision.layers.precision import full


def without_masked(sequence: Any, mask: Any, value: float = 0.0) -> Any:
    """Replace the masked steps of a sequence by `value`.

    To ignore them later is too late: padding may be NaN, and 0 times NaN, as in the gradient of
    `where`, is NaN.

    Args:
        sequence: `(batch, steps, ...)`.
        mask: `(batch, steps)`, False where a step is masked; None if none is.
    """
    if mask is None:
        return sequence
    mask = ops.reshape(ops.cast(mask, "bool"), (*ops.shape(mask), *[1] * (len(sequence.shape) - 2)))
    return ops.where(mask, sequence, ops.full_like(sequence, value))


def lowest(inputs: Any) -> float:
    """A number below all others; not minus infinity, which is NaN in a file by tf2onnx."""
    return -6e4 if keras.backend.standardize_dtype(inputs.dtype) == "float16" else -3e38


def steps_seen(sequence: Any, mask: Any) -> Any:
    """How many steps that are not masked there are up to each step, with it.

    Args:
        sequence, mask: as of `without_masked`.

    Returns:
        `(batch, steps)`, or `(1, steps)` without a mask, of the type in which sums are computed.
    """
    dtype = full(sequence.dtype)
    if mask is not None:
        return ops.cumsum(ops.cast(mask, dtype), axis=1)
    return ops.arange(1, ops.shape(sequence)[1] + 1, dtype=dtype)[None]
