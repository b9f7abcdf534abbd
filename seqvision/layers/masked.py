"""What a mask leaves out, taken out of a sequence before anything is computed of it."""

from typing import Any

from keras import ops


def without_masked(sequence: Any, mask: Any, value: float = 0.0) -> Any:
    """Put `value` for the steps that a mask leaves out.

    To take no notice of them later is too late: padding may be NaN, and 0 times NaN, as in the
    gradient of what was not chosen, is NaN.

    Args:
        sequence: `(batch, steps, ...)`.
        mask: `(batch, steps)`, or None where no step is left out.
    """
    if mask is None:
        return sequence
    mask = ops.reshape(ops.cast(mask, "bool"), (*ops.shape(mask), *[1] * (len(sequence.shape) - 2)))
    return ops.where(mask, sequence, ops.full_like(sequence, value))
