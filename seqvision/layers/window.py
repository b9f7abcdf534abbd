"""The last few steps at every step: what a causal convolution with a short kernel reads."""

from typing import Any

from keras import ops

from seqvision.layers.linear import linear_recurrence
from seqvision.layers.precision import full


def window(sequence: Any, before: list[Any], mask: Any = None) -> tuple[list[Any], list[Any]]:
    """Set beside each step of a sequence those that came right before it.

    Args:
        sequence: `(batch, steps, features)`.
        before: what came before the first step, each `(batch, features)`, the latest first; each
            step gets as many beside it.
        mask: `(batch, steps)`, False where a step is passed over, as if it were not there.

    Returns:
        The sequence, that of the steps one before, and so on, each `(batch, steps, features)`; and
        what comes before a next step, like `before`, in float32 or more.
    """
    steps, last = [sequence], []
    for first in before:
        held = steps[-1]
        if mask is not None:  # A step replaces the one before it, but for a masked one.
            held = linear_recurrence(ops.zeros_like(held), held, first, mask)
        held, first = (ops.cast(each, sequence.dtype) for each in (held, first))
        row = ops.concatenate([first[:, None], held], axis=1)
        steps.append(row[:, :-1])
        last.append(ops.cast(row[:, -1], full(row.dtype)))
    return steps, last


def depthwise(steps: list[Any], kernel: Any, bias: Any) -> Any:
    """A convolution of each feature by itself: its sum over the window, weighted.

    Args:
        steps: as `window` returns them, or of one step each.
        kernel: `(len(steps), features)`, the latest step's weights first.
        bias: `(features,)`.
    """
    kernel, bias = (ops.cast(weight, steps[0].dtype) for weight in (kernel, bias))
    return sum(step * kernel[n] for n, step in enumerate(steps)) + bias
