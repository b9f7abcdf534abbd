"""A linear recurrence over time: real numbers, or complex ones as pairs."""

from math import ceil, sqrt
from typing import Any

from keras import ops

from seqvision.layers import linear_native
from seqvision.layers.masked import without_masked
from seqvision.layers.numbers import Numbers, added, added_up, at, before, conjugate, product
from seqvision.layers.own_gradient import with_gradient
from seqvision.layers.precision import full

_FEW, _MANY = 8, 4096
"""So many steps are not cut into chunks, and so many are cut into chunks of √`_MANY`."""
_CHUNK, _LEVELS = 16, 5
"""Where the number of steps is not known, how long chunks are, and how often their ends are cut
into chunks again; the last time there is one: enough for 16⁵ steps, a million."""


def linear_recurrence(
    a: Any,
    b: Any,
    first: Any = None,
    mask: Any = None,
    reverse: bool = False,
    training: bool = False,
) -> Any:
    """Return h with h(t) = a(t) ∘ h(t − 1) + b(t), and h(−1) = `first`.

    On a CPU it is one operation in C++ (`seqvision.layers.linear_native`), but not in a graph that
    other libraries are to run. Elsewhere it takes about √time steps: the sequence is cut into about
    √time chunks of about √time steps. All chunks are stepped through side by side, to know what
    each does to the state that it begins with; a pass over the chunks finds these states, and the
    chunks are stepped through again, each from its own.
    `keras.ops.associative_scan` needs fewer steps, but moves more memory, which takes most of the
    time on a CPU; on PyTorch Keras 3.15's loses type and device.

    The gradient is the same recurrence in the other direction: g(t) = d(t) + a(t + 1) ∘ g(t + 1),
    with the conjugate of a complex a. For it a and h are kept, and no more.

    Args:
        a: `(batch, steps, size)`, with 1 for the batch or the steps if all samples or steps have
            the same, or `(size,)` if both have. Of complex numbers a pair of such, the real and the
            imaginary part; so of all others but `mask`. Of real ones each may be a tuple of one.
        b: `(batch, steps, size)`; the number of steps need not be known.
        first: `(batch, size)`; zeros if not given.
        mask: `(batch, steps)`, False where a step leaves h as it is; a and b may be NaN there.
        reverse: begin at the end: h(t) = a(t) ∘ h(t + 1) + b(t), with `first` after the last step.
        training: whether the call is one in training, which no graph that is exported has.

    Returns:
        h, `(batch, steps, size)`, in float32, or in float64 if b is. The last state is
        the last step, of `reverse` the first.
    """
    is_complex = isinstance(b, (tuple, list))
    b = _numbers(b, is_complex)
    a = _numbers(a, is_complex, b[0].dtype)
    a = tuple(ops.reshape(part, (1, 1, -1)) if len(part.shape) == 1 else part for part in a)
    if mask is not None:
        stays = (1.0, 0.0)
        a = tuple(ops.broadcast_to(part, ops.shape(b[0])) for part in a)
        a = tuple(without_masked(part, mask, stays[n]) for n, part in enumerate(a))
        b = tuple(without_masked(part, mask) for part in b)
    if first is None:
        first = tuple(ops.zeros_like(part[:, 0]) for part in b)
    else:
        first = _numbers(first, is_complex, b[0].dtype)
    if linear_native.applies(a, b, training):
        h = linear_native.recurrence(a, b, first, reverse)
        return h if is_complex else h[0]
    n = len(b)

    def forward(*given: Any) -> Numbers:
        return _over_time(given[:n], given[n : 2 * n], given[2 * n :], reverse)

    def backward(given: Any, h: Any, above: Any) -> Numbers:
        return _gradients(given[:n], given[2 * n :], h, above, reverse)

    h = with_gradient(forward, backward, *a, *b, *first)
    return tuple(h) if is_complex else h[0]


def next_state(state: Any, a: Any, b: Any) -> Any:
    """One step of it: a ∘ state + b, each a tensor or, of complex numbers, a pair."""
    is_complex = isinstance(b, (tuple, list))
    moved = _moved(*(_numbers(value, is_complex) for value in (state, a, b)))
    return moved if is_complex else moved[0]


def _numbers(value: Any, is_complex: bool, dtype: Any = None) -> Numbers:
    tensors = [ops.convert_to_tensor(part) for part in (value if is_complex else [value])]
    return tuple(ops.cast(x, dtype or full(x.dtype)) for x in tensors)


def _over_time(a: Numbers, b: Numbers, first: Numbers, reverse: bool, level: int = 1) -> Numbers:
    """The state after each step.

    Args:
        level: how often steps have been cut: above 1 a step is what a chunk does.
    """
    length, chunks = _cut(b[0].shape[1], level)
    alone = chunks == 1
    a_steps, b_steps = (_steps(numbers, length, reverse, alone) for numbers in (a, b))
    state = first
    if not alone:
        whole, total = a_steps[0], b_steps[0]
        for a_t, b_t in zip(a_steps[1:], b_steps[1:], strict=True):
            whole, total = product(a_t, whole), _moved(total, a_t, b_t)
        ends = _over_time(whole, total, first, reverse, level + 1)
        state = before(ends, first, reverse)
    states = []
    for a_t, b_t in zip(a_steps, b_steps, strict=True):
        state = _moved(state, a_t, b_t)
        states.append(state)
    parts = zip(*(states[::-1] if reverse else states), strict=True)
    return tuple(_in_a_row(part, b[0], reverse, alone) for part in parts)


def _cut(steps: int | None, level: int) -> tuple[int, int | None]:
    """How long chunks are, and how many there are, if that is known."""
    if steps is None:
        return _CHUNK, 1 if level == _LEVELS else None
    if steps <= _FEW or (level > 1 and steps**2 <= _MANY):
        return steps, 1
    if steps > _MANY:
        length = int(sqrt(_MANY))
    else:
        divisors = (n for n in range(1, steps + 1) if steps % n == 0)
        length = min(divisors, key=lambda n: n + steps // n)
        if length + steps // length > 3 * sqrt(steps):  # Such as of a prime: the last is filled.
            length = ceil(sqrt(steps))
    return length, ceil(steps / length)


def _steps(numbers: Numbers, length: int, reverse: bool, alone: bool) -> list[Numbers]:
    """The steps of all chunks side by side, each `(batch, chunks, size)`, in the order of reading.

    Of a chunk that is alone each is `(batch, size)`. What a last chunk lacks is filled up where
    reading ends, so that it does not matter with what.
    """

    def cut(part: Any) -> list[Any]:
        if part.shape[1] == 1:  # The same at each step.
            return [part[:, 0] if alone else part] * length
        steps, size = ops.shape(part)[1], part.shape[-1]
        missing = (length - steps % length) % length  # In ONNX −1 % 2 is −1.
        if not isinstance(missing, int) or missing:
            sides = [missing, 0] if reverse else [0, missing]
            part = ops.pad(part, [[0, 0], sides, [0, 0]])
        if alone:
            return ops.unstack(ops.reshape(part, (-1, length, size)), length, axis=1)
        chunks = (steps + missing) // length  # A number if it is known, for the static shape.
        return ops.unstack(ops.reshape(part, (-1, chunks, length, size)), length, axis=2)

    steps = list(zip(*map(cut, numbers), strict=True))
    return steps[::-1] if reverse else steps


def _in_a_row(states: tuple[Any, ...], b: Any, reverse: bool, alone: bool) -> Any:
    """States by their place in a chunk, as `_steps` has them, as `(batch, steps, size)` like b."""
    row = ops.stack(states, axis=1 if alone else 2)
    if not alone:
        row = ops.reshape(row, (-1, ops.shape(row)[1] * ops.shape(row)[2], b.shape[-1]))
    if row.shape[1] is not None and row.shape[1] == b.shape[1]:
        return row
    filled, steps = ops.shape(row)[1], ops.shape(b)[1]
    return row[:, filled - steps :] if reverse else row[:, :steps]


def _gradients(a: Numbers, first: Numbers, h: Numbers, above: Numbers, reverse: bool) -> Numbers:
    """The gradients of a, b and first, one after another, from those of h."""
    a = conjugate(a)
    end = tuple(ops.zeros_like(part) for part in first)
    # What comes after the last step is multiplied by zeros, so it may be anything.
    after = a if a[0].shape[1] == 1 else before(a, tuple(p[:, 0] for p in a), not reverse)
    d_b = _over_time(after, tuple(above), end, not reverse)
    d_a = added_up(product(d_b, conjugate(before(h, first, reverse))), a)
    begin = slice(-1, None) if reverse else slice(0, 1)
    d_first = [part[:, 0] for part in product(*(at(v, begin) for v in (a, d_b)))]
    return *d_a, *d_b, *d_first


def _moved(state: Numbers, a: Numbers, b: Numbers) -> Numbers:
    return added(product(a, state), b)
