"""Gates that are powers of e, over time, scaled so that none is too large for its type."""

from typing import Any

from keras import ops

_LEVELS = 20
"""How often steps are joined in twos where their number is not known: enough for a million."""


def stabilised(forget: Any, into: Any, first: Any) -> tuple[Any, Any, Any]:
    """Return gates that scale a state by exp(−m), so that none is above 1.

        m(t) = max(log f(t) + m(t − 1), log i(t))
        log f'(t) = log f(t) + m(t − 1) − m(t)
        log i'(t) = log i(t) − m(t)

    If C moves as C' = f C + i x, then exp(−m) C moves likewise, with f' and i'. Any m would do:
    what is read of a state must not depend on how it is scaled. So no gradient goes through m, but
    for that of the first, by which the first state is scaled.

    Args:
        forget, into: log f and log i, `(batch, steps, heads)`. A step leaves the state as it is if
            they are 0 and, as good as, minus infinity.
        first: m before the first step, `(batch, heads)`; any, such as 0, if the state is zeros.

    Returns:
        log f', log i' and m, each `(batch, steps, heads)`.
    """
    m = ops.stop_gradient(_running_maximum(forget, into, first))
    before = ops.concatenate([first[:, None], m[:, :-1]], axis=1)
    return forget + before - m, into - m, m


def _running_maximum(a: Any, b: Any, first: Any) -> Any:
    """m(t) = max(a(t) + m(t − 1), b(t)), for all steps at once, in about log₂ steps times.

    What n steps in a row do to an m before them is again to add a number and to take a maximum.
    """
    steps = b.shape[1]
    begun = ops.maximum(a[:, :1] + first[:, None], b[:, :1])
    b = ops.concatenate([begun, b[:, 1:]], axis=1)
    for level in range(_LEVELS if steps is None else (steps - 1).bit_length()):
        n = 2**level
        joined = ops.maximum(a[:, n:] + b[:, :-n], b[:, n:])
        b = ops.concatenate([b[:, :n], joined], axis=1)
        a = ops.concatenate([a[:, :n], a[:, n:] + a[:, :-n]], axis=1)
    return b
