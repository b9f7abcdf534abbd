"""Linear attention that fades, over time, in chunks, for mixers that keep a matrix in each head."""

from typing import Any

import numpy as np
from keras import ops

from seqvision.layers.complex_pairs import exp
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.rotary import frequencies, turned

_CHUNK = 32
"""How many steps are multiplied with each other; of those before, the state is read."""


def retention(
    query: Any, key: Any, value: Any, fade: Any, first: Any = None, turn: Any = None
) -> tuple[Any, list[Any]]:
    """Return y with S(t) = γ(t) S(t − 1) + k(t) v(t)ᵀ and y(t) = q(t) · S(t).

    With `turn` S is complex, and turns while it fades: S(t) = γ(t) exp(−i θ n(t)) S(t − 1) +
    k(t) v(t)ᵀ and y(t) = Re(q*(t) S(t)), numbers j and j + pairs of q and k being a complex one.

    Of a chunk, Γ(t) is the product of all γ up to t. y(t) is Σ Γ(t) / Γ(s) (q(t) · k(s)) v(s) over
    s ≤ t in the chunk, a product of matrices, and Γ(t) q(t) · S of the state with which the chunk
    begins. Where S turns, q and k are turned by their places in the chunk. Only the states at the
    ends of chunks are ever in memory.

    Args:
        query, key: `(batch, steps, heads, size)`.
        value: `(batch, steps, heads, values)`.
        fade: log γ, 0 or less, `(batch, steps, heads)`; the batch may be 1. A step leaves S as it
            is if this is 0 and its key or value too.
        first: S before the first step, a list of `(batch, heads · size · values)`, or of the real
            and the imaginary part of pairs; zeros if not given.
        turn: n, by how many places a step turns, `(batch, steps)`; the batch may be 1.

    Returns:
        y, `(batch, steps, heads, values)`, and the last S, as `first` is.
    """
    steps, (heads, size), values = ops.shape(query)[1], query.shape[2:], value.shape[-1]
    length = min(_CHUNK, steps) if isinstance(steps, int) else _CHUNK
    query, key, value, fade = (_cut(x, length) for x in (query, key, value, fade[..., None]))
    fade = ops.cumsum(fade, axis=-2)
    whole = fade[..., -1:, :]
    moved, left = (ops.exp(whole),), key
    if turn is not None:
        places = ops.cumsum(_cut(turn[..., None, None], length), axis=-2)[..., 0]
        end, angles = places[..., -1:], ops.convert_to_tensor(frequencies(size // 2), key.dtype)
        moved = exp((whole, -end[..., None] * angles[:, None]))
        query, key, left = turned(query, places), turned(key, places), turned(key, places - end)

    past = ops.convert_to_tensor(np.tri(length), fade.dtype)
    # Of later steps nothing is read. A maximum of 0 would keep the gradient from γ where it is 1.
    share = ops.exp((fade - ops.swapaxes(fade, -1, -2)) * past) * past
    y = ops.matmul(ops.matmul(query, ops.swapaxes(key, -1, -2)) * share, value)

    left = ops.matmul(ops.swapaxes(left, -1, -2), value * ops.exp(whole - fade))
    rows, chunks = size // len(moved), ops.shape(query)[1]
    flat = (-1, chunks, heads * rows * values)
    a = (ops.broadcast_to(x, (*ops.shape(x)[:2], heads, rows, values)) for x in moved)
    a, b = ([ops.reshape(x, flat) for x in parts] for parts in (a, ops.split(left, len(moved), -2)))
    ends = linear_recurrence(a, b, first)

    begins = [ops.zeros_like(end[:, 0]) for end in ends] if first is None else first
    begins = [
        ops.concatenate([ops.cast(begin, end.dtype)[:, None], end[:, :-1]], axis=1)
        for begin, end in zip(begins, ends, strict=True)
    ]
    begins = [ops.reshape(x, (-1, chunks, heads, rows, values)) for x in begins]
    y = y + ops.matmul(query * ops.exp(fade), ops.concatenate(begins, axis=-2))
    y = ops.reshape(ops.transpose(y, (0, 1, 3, 2, 4)), (-1, chunks * length, heads, values))
    return y[:, :steps], [end[:, -1] for end in ends]


def _cut(x: Any, length: int) -> Any:
    """`(batch, steps, heads, n)` as `(batch, chunks, heads, length, n)`, filled up with zeros."""
    steps = ops.shape(x)[1]
    missing = (length - steps % length) % length  # In ONNX −1 % 2 is −1.
    if not isinstance(missing, int) or missing:
        x = ops.pad(x, [[0, 0], [0, missing], [0, 0], [0, 0]])
    x = ops.reshape(x, (-1, (steps + missing) // length, length, *x.shape[2:]))
    return ops.transpose(x, (0, 1, 3, 2, 4))
