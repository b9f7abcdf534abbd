"""Linear attention that fades, over time, in chunks, as `seqvision.mixers.Retention` has it."""

from typing import Any

import numpy as np
from keras import ops

from seqvision.layers.complex_pairs import Pair, exp, times
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.masked import steps_seen
from seqvision.layers.rotary import frequencies, turned

_CHUNK = 32
"""How many steps are multiplied with each other; of those before, the state is read."""


def retention(
    query: Any, key: Any, value: Any, fade: np.ndarray, first: Any = None, mask: Any = None
) -> tuple[Any, Pair]:
    """Return y with S(t) = γ exp(−i θ) S(t − 1) + k(t) v(t)ᵀ and y(t) = Re(q*(t) S(t)).

    Of a chunk, w(t) is how many steps have been seen in it up to t. With R(n) for the turn by n θ,
    y(t) is Σ γ^(w(t) − w(s)) (R(w(t)) q(t) · R(w(s)) k(s)) v(s) over s ≤ t in the chunk, a product
    of matrices, and γ^w(t) R(w(t)) q(t) · S of the state with which the chunk begins.

    Args:
        query, key: `(batch, steps, heads, 2 pairs)`; numbers i and i + pairs are a complex one.
        value: `(batch, steps, heads, values)`.
        fade: log γ, `(heads,)`.
        first: S before the first step, a pair of `(batch, heads · pairs · values)`; zeros if not
            given.
        mask: `(batch, steps)`, False where a step leaves S as it is; its key or value is 0.

    Returns:
        y, `(batch, steps, heads, values)`, and the last S.
    """
    steps, pairs, dtype = ops.shape(query)[1], query.shape[-1] // 2, query.dtype
    length = min(_CHUNK, steps) if isinstance(steps, int) else _CHUNK
    missing = (length - steps % length) % length
    chunks = (steps + missing) // length
    filled = [ops.pad(x, [[0, 0], [0, missing], [0, 0], [0, 0]]) for x in (query, key, value)]
    w, c = _seen(filled[0], mask, steps, length)
    places = ops.reshape(w, (-1, chunks * length))
    filled = turned(filled[0], places), turned(filled[1], places), filled[2]
    # Each (batch, chunks, heads, length, size).
    query, key, value = (
        ops.transpose(ops.reshape(x, (-1, chunks, length, *x.shape[2:])), (0, 1, 3, 2, 4))
        for x in filled
    )
    w, rate = w[:, :, None, :, None], ops.convert_to_tensor(fade, dtype)[:, None, None]
    flipped = ops.swapaxes(key, -1, -2)

    apart = ops.maximum(w - ops.swapaxes(w, -1, -2), 0)  # Of later steps nothing is read.
    share = ops.exp(rate * apart) * ops.convert_to_tensor(np.tri(length), dtype)
    y = ops.matmul(ops.matmul(query, flipped) * share, value)

    lasting = ops.exp(rate * (c[:, :, None, None, None] - w))
    left = ops.split(ops.matmul(flipped, value * lasting), 2, axis=-2)
    turn = _moved(c, np.zeros_like(fade), pairs)
    left = times(left, (turn[0][..., None], turn[1][..., None]))
    flat = (-1, chunks, len(fade) * pairs * value.shape[-1])
    a = [ops.repeat(part[..., None], value.shape[-1], axis=-1) for part in _moved(c, fade, pairs)]
    ends = linear_recurrence(_each(a, flat), _each(left, flat), first)

    begins = [ops.zeros_like(part[:, 0]) for part in ends] if first is None else first
    begins = [
        ops.concatenate([ops.cast(begin, dtype)[:, None], end[:, :-1]], axis=1)
        for begin, end in zip(begins, ends, strict=True)
    ]
    begins = _each(begins, (-1, chunks, len(fade), pairs, value.shape[-1]))
    y = y + ops.matmul(query * ops.exp(rate * w), ops.concatenate(begins, axis=-2))
    y = ops.transpose(y, (0, 1, 3, 2, 4))
    y = ops.reshape(y, (-1, chunks * length, len(fade), value.shape[-1]))[:, :steps]
    return y, (ends[0][:, -1], ends[1][:, -1])


def _moved(steps: Any, fade: np.ndarray, pairs: int) -> Pair:
    """What some steps multiply a state by, (γ exp(−i θ))^steps, `(*steps, heads, pairs)`."""
    steps = steps[..., None, None]
    rate, turn = (ops.convert_to_tensor(x, steps.dtype) for x in (fade, frequencies(pairs)))
    return exp((steps * rate[:, None], -steps * turn))


def _seen(filled: Any, mask: Any, steps: Any, length: int) -> tuple[Any, Any]:
    """How many steps that count each chunk has up to each of its own, and in all.

    Args:
        filled: `(batch, chunks · length, …)`, of which the first `steps` count.

    Returns:
        `(batch, chunks, length)` and `(batch, chunks)`; the batch is 1 without a mask.
    """
    if mask is None:
        count = steps_seen(filled, None)
        count = ops.minimum(count, ops.cast(steps, count.dtype))
    else:
        missing = ops.shape(filled)[1] - steps
        count = steps_seen(filled, ops.pad(ops.cast(mask, "bool"), [[0, 0], [0, missing]]))
    count = ops.reshape(count, (-1, ops.shape(filled)[1] // length, length))
    before = ops.pad(count[:, :-1, -1], [[0, 0], [1, 0]])
    return count - before[:, :, None], count[:, :, -1] - before


def _each(pair: Any, shape: Any) -> Pair:
    return ops.reshape(pair[0], shape), ops.reshape(pair[1], shape)
