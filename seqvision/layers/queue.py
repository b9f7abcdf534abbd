"""What a causal convolution has yet to read again: the last steps that went into it."""

from typing import Any

from keras import ops

from seqvision.layers.precision import full


def behind(sequence: Any, queue: Any) -> Any:
    """Set a sequence behind what came before it.

    Args:
        sequence: `(batch, steps, features)`.
        queue: the steps before, `(batch, length · features)`.

    Returns:
        `(batch, length + steps, features)`.
    """
    before = ops.reshape(ops.cast(queue, sequence.dtype), (-1, *_shape(sequence, queue)))
    return ops.concatenate([before, sequence], axis=1)


def queue_of(row: Any, length: int) -> Any:
    """The last steps of what `behind` returned, as it takes them, in float32 or more."""
    last = ops.cast(row[:, -length:], full(row.dtype))
    return ops.reshape(last, (-1, length * row.shape[-1]))


def _shape(sequence: Any, queue: Any) -> tuple[int, int]:
    return queue.shape[-1] // sequence.shape[-1], sequence.shape[-1]
