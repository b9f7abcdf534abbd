"""The recurrence of a selective state space, whose states are never all in memory."""

from functools import partial
from importlib import import_module
from typing import Any

import keras
from keras import ops

from seqvision.layers.engine.native import hindrance_here
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.own_gradient import vjp, with_gradient

Tensors = tuple[Any, ...]


def selective_scan(
    x: Any,
    step: Any,
    a: Any,
    b: Any,
    c: Any,
    first: Any,
    chunk: int | None = 32,
    training: bool = False,
) -> tuple[Any, Any]:
    """Return y and the last h of a state space of its own for each feature.

        h(t) = exp(Δ(t) a) ∘ h(t − 1) + Δ(t) x(t) b(t)
        y(t) = Σ c(t) ∘ h(t)        over the numbers of each feature's state

    All states would be `size` times as large as x. So the steps are read chunk by chunk, and only
    the state at each one's end is kept. On the way back a chunk's states are computed once more. A
    step of Δ = 0 leaves the state as it is. On a CPU it is one operation in C++.

    Args:
        x, step: x and Δ, `(batch, steps, features)`; the number of steps need not be known.
        a: `(features, size)`.
        b, c: `(batch, steps, size)`.
        first: h before the first step, `(batch, features · size)`.
        chunk: how many steps' states are in memory at once where it is not in C++; None for all,
            and by operations that other libraries have too. If there are no more steps, there is
            no loop.
        training: whether the call is one in training.

    Returns:
        y, `(batch, steps, features)`, and the last h, `(batch, features · size)`.
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    is_native = chunk is not None and hindrance_here(dtype, x, training) is None
    if chunk is not None and x.shape[1] is not None and x.shape[1] <= chunk:
        chunk = None
    forward, backward = partial(_forward, chunk), partial(_backward, chunk)
    if is_native:
        forward, backward = _native(forward, backward)
    y, last, _ = with_gradient(forward, backward, x, step, a, b, c, first)
    return y, last


def _native(forward: Any, backward: Any) -> Any:
    """The same in C++. The gradient of its gradient is that of `backward`."""
    binding = import_module(f"seqvision.native.on_{keras.backend.backend()}")

    def gradients(*given: Any) -> Tensors:
        d_x, d_step, d_a, *others = binding.scan_gradient(*given)
        return d_x, d_step, ops.sum(d_a, axis=0), *others

    def portable_gradients(*both: Any) -> Tensors:
        given, above = both[:6], both[6:]
        results = forward(*given)
        return backward(given, results, (*above, ops.zeros_like(results[2])))

    def second(both: Any, _: Any, above: Any) -> Tensors:
        *given, kept, d_y, d_last = both
        found = vjp(portable_gradients, [*given, d_y, d_last], above)
        return *found[:6], ops.zeros_like(kept), *found[6:]

    def native_backward(given: Any, results: Any, above: Any) -> Any:
        return with_gradient(gradients, second, *given, results[2], *above[:2])

    return binding.scan, native_backward


def _forward(chunk: int | None, x: Any, step: Any, a: Any, b: Any, c: Any, first: Any) -> Tensors:
    """y, the last h, and those before each chunk."""

    def read(carried: Any, inputs: Any) -> tuple[Tensors, Tensors]:
        _, states = _states(a, carried[0], *inputs[:3])
        y = ops.sum(_apart(states, a) * inputs[3][:, :, None], axis=-1)
        return (states[:, -1], y), (states[:, -1], y)

    chunks = tuple(_cut(part, chunk) for part in (x, step, b, c))
    (last, _), (ends, y) = _over((first, ops.zeros_like(chunks[0][0])), chunks, read)
    return _joined(y, x), last, ops.concatenate([first[None], ends[:-1]])


def _backward(chunk: int | None, given: Any, results: Any, above: Any) -> Tensors:
    x, step, a, b, c, _ = given
    cut = tuple(_cut(part, chunk) for part in (x, step, b, c, above[0]))
    kept = results[2], above[2]

    def read(carried: Any, inputs: Any) -> tuple[Tensors, Tensors]:
        *of_chunk, d_kept = inputs  # Where a gradient's gradient is taken, it is not zero.
        d_a, d_start, *d_inputs = _gradients(a, carried[1], *of_chunk)
        new = (carried[0] + d_a, d_start + d_kept, *d_inputs)
        return new, new

    nothing = (ops.zeros_like(part[0]) for part in cut[:4])
    carried = (ops.zeros_like(a), above[1], *nothing)
    (d_a, d_first, *_), (_, _, *d) = _over(carried, (*cut, *kept), read, reverse=True)
    d_x, d_step, d_b, d_c = (_joined(part, x) for part in d)
    return d_x, d_step, d_a, d_b, d_c, d_first


def _states(a: Any, start: Any, x: Any, step: Any, b: Any) -> tuple[Any, Any]:
    """By what each step of a chunk multiplies the state, and the states, features and size flat."""
    moved = _flat(ops.exp(step[..., None] * a))
    added = _flat((step * x)[..., None] * b[:, :, None])
    return moved, linear_recurrence(moved, added, start)


def _gradients(
    a: Any, d_end: Any, x: Any, step: Any, b: Any, c: Any, d_y: Any, start: Any
) -> Tensors:
    """The gradients of a chunk: of a, of the state before it, and of x, Δ, b and c."""
    moved, states = _states(a, start, x, step, b)
    after = ops.concatenate([moved[:, 1:], ops.ones_like(moved[:, :1])], axis=1)
    seen = _flat(d_y[..., None] * c[:, :, None])
    d_states = linear_recurrence(after, seen, d_end, reverse=True)
    before = ops.concatenate([start[:, None], states[:, :-1]], axis=1)
    d_exponent = _apart(d_states * moved * before, a)  # Of Δ a.
    d_added = _apart(d_states, a)
    d_fed = ops.sum(d_added * b[:, :, None], axis=-1)  # Of Δ x.
    return (
        ops.sum(d_exponent * step[..., None], axis=(0, 1)),
        d_states[:, 0] * moved[:, 0],
        d_fed * step,
        d_fed * x + ops.sum(d_exponent * a, axis=-1),
        ops.sum(d_added * (step * x)[..., None], axis=2),
        ops.sum(_apart(states, a) * d_y[..., None], axis=2),
    )


def _over(carried: Tensors, chunks: Tensors, read: Any, reverse: bool = False) -> Any:
    """Read chunk after chunk; return what was carried at the end, and what was after each.

    On TensorFlow `keras.ops.scan` keeps at each step only what is like what it carries, and cannot
    go over several tensors if their length is not known.
    """
    if chunks[0].shape[0] == 1:
        last, _ = read(carried, tuple(part[0] for part in chunks))
        return last, tuple(part[None] for part in last)

    def read_at(carried: Tensors, n: Any) -> tuple[Tensors, Tensors]:
        return read(carried, tuple(ops.take(part, n, axis=0) for part in chunks))

    return ops.scan(read_at, carried, ops.arange(ops.shape(chunks[0])[0]), reverse=reverse)


def _cut(part: Any, chunk: int | None) -> Any:
    """`(batch, steps, n)` as `(chunks, batch, chunk, n)`, filled with zeros: Δ too."""
    if chunk is None:
        return part[None]
    steps, n = ops.shape(part)[1], part.shape[-1]
    missing = (chunk - steps % chunk) % chunk  # In ONNX −1 % 2 is −1.
    if not isinstance(missing, int) or missing:
        part = ops.pad(part, [[0, 0], [0, missing], [0, 0]])
    chunks = (steps + missing) // chunk
    return ops.transpose(ops.reshape(part, (-1, chunks, chunk, n)), (1, 0, 2, 3))


def _joined(chunks: Any, like: Any) -> Any:
    """`_cut` undone, with as many steps as another sequence has."""
    row = ops.transpose(chunks, (1, 0, 2, 3))
    row = ops.reshape(row, (-1, ops.shape(row)[1] * ops.shape(row)[2], row.shape[-1]))
    return row[:, : ops.shape(like)[1]]


def _flat(states: Any) -> Any:
    return ops.reshape(states, (-1, ops.shape(states)[1], states.shape[2] * states.shape[3]))


def _apart(states: Any, a: Any) -> Any:
    """`_flat` undone: `(batch, steps, features, size)`."""
    return ops.reshape(states, (-1, ops.shape(states)[1], *a.shape))
