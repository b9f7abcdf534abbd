"""A linear recurrence over time, in about √time steps."""

from math import ceil, sqrt
from typing import Any

from keras import ops


def linear_recurrence(a: Any, b: Any, start: Any) -> Any:
    """Return c with c(t) = a(t) ∘ c(t − 1) + b(t), and c(−1) = `start`.

    The sequence is cut into about √time chunks of about √time steps. All chunks are stepped through
    side by side, each from zero; a pass over the chunks then finds the state each begins with, and
    that state, times the a's since, is added. `keras.ops.associative_scan` needs fewer steps, but
    moves more memory, which takes most of the time here.

    Args:
        a: `(batch, time, units)`; `time` must be known.
        b: the same.
        start: `(batch, units)`.

    Returns:
        `(batch, time, units)`.
    """
    time, units = a.shape[1:]
    length = min((n for n in range(1, time + 1) if time % n == 0), key=lambda n: n + time // n)
    if length + time // length > 3 * sqrt(time):  # Such as a prime: pad with steps c = c.
        length = ceil(sqrt(time))
    chunks = ceil(time / length)
    missing = chunks * length - time
    if missing:
        padding = [[0, 0], [0, missing], [0, 0]]
        a, b = ops.pad(a, padding, constant_values=1), ops.pad(b, padding)

    def steps(values: Any) -> Any:
        return ops.unstack(ops.reshape(values, (-1, chunks, length, units)), length, axis=2)

    products, sums = [], []
    for a_t, b_t in zip(steps(a), steps(b), strict=True):
        products.append(a_t * products[-1] if products else a_t)
        sums.append(a_t * sums[-1] + b_t if sums else b_t)
    last = [ops.unstack(values[-1], chunks, axis=1) for values in (products, sums)]
    begins = [start]
    for product, total in zip(*last, strict=True):
        begins.append(product * begins[-1] + total)
    begin = ops.stack(begins[:-1], axis=1)
    every = [p * begin + s for p, s in zip(products, sums, strict=True)]
    c = ops.reshape(ops.stack(every, axis=2), (-1, chunks * length, units))
    return c[:, :time] if missing else c
