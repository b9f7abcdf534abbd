"""The recurrence of a selective state space, whose states are never all in memory."""

from typing import Any

from keras import ops

from seqvision.layers.linear import linear_recurrence
from seqvision.layers.own_gradient import with_gradient

Tensors = tuple[Any, ...]


def selective_scan(
    x: Any, step: Any, a: Any, b: Any, c: Any, first: Any, chunk: int | None = 32
) -> tuple[Any, Any]:
    """Return y and the last h of a state space of its own for each feature.

        h(t) = exp(Δ(t) a) ∘ h(t − 1) + Δ(t) x(t) b(t)
        y(t) = Σ c(t) ∘ h(t)        over the numbers of each feature's state

    All states would be `size` times as large as x. So the steps are read chunk by chunk: within one
    by `linear_recurrence`, and of each only the state at its end is kept. On the way back a chunk's
    states are computed once more. A step of Δ = 0 leaves the state as it is.

    Args:
        x, step: x and Δ, `(batch, steps, features)`; the number of steps need not be known.
        a: `(features, size)`.
        b, c: `(batch, steps, size)`.
        first: h before the first step, `(batch, features · size)`.
        chunk: how many steps' states are in memory at once; None for all. If there are no more
            steps, there is no loop.

    Returns:
        y, `(batch, steps, features)`, and the last h, `(batch, features · size)`.
    """
    if chunk is not None and x.shape[1] is not None and x.shape[1] <= chunk:
        chunk = None

    def forward(x: Any, step: Any, a: Any, b: Any, c: Any, first: Any) -> Tensors:
        def read(carried: Any, inputs: Any) -> tuple[Tensors, Tensors]:
            _, states = _states(a, carried[0], *inputs[:3])
            y = ops.sum(_apart(states, a) * inputs[3][:, :, None], axis=-1)
            return (states[:, -1], y), (states[:, -1], y)

        chunks = tuple(_cut(part, chunk) for part in (x, step, b, c))
        (last, _), (ends, y) = _over((first, ops.zeros_like(chunks[0][0])), chunks, read)
        return _joined(y, x), last, ops.concatenate([first[None], ends[:-1]])

    def backward(given: Any, results: Any, above: Any) -> Tensors:
        x, step, a, b, c, _ = given
        cut = tuple(_cut(part, chunk) for part in (x, step, b, c, above[0]))

        def read(carried: Any, inputs: Any) -> tuple[Tensors, Tensors]:
            d_a, d_start, *d_inputs = _gradients(a, carried[1], *inputs)
            new = (carried[0] + d_a, d_start, *d_inputs)
            return new, new

        nothing = (ops.zeros_like(part[0]) for part in cut[:4])
        carried = (ops.zeros_like(a), above[1], *nothing)
        (d_a, d_first, *_), (_, _, *d) = _over(carried, (*cut, results[2]), read, reverse=True)
        d_x, d_step, d_b, d_c = (_joined(part, x) for part in d)
        return d_x, d_step, d_a, d_b, d_c, d_first

    y, last, _ = with_gradient(forward, backward, x, step, a, b, c, first)
    return y, last


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
