"""Real numbers as one tensor, complex ones as two, in one notation."""

from typing import Any

from keras import ops

from seqvision.layers.complex_pairs import times

Numbers = tuple[Any, ...]
"""Real numbers as one tensor, complex ones as two: the real and the imaginary part."""


def product(a: Numbers, b: Numbers) -> Numbers:
    """The product of each two numbers."""
    return times((a[0], a[1]), (b[0], b[1])) if len(a) == 2 else (a[0] * b[0],)


def added(a: Numbers, b: Numbers) -> Numbers:
    """The sum of each two numbers."""
    return tuple(x + y for x, y in zip(a, b, strict=True))


def conjugate(a: Numbers) -> Numbers:
    """Complex numbers with the other sign of their imaginary part; real ones as they are."""
    return (a[0], *(-part for part in a[1:]))


def at(numbers: Numbers, steps: slice) -> Numbers:
    """Some steps of `(batch, steps, size)`."""
    return tuple(part[:, steps] for part in numbers)


def before(states: Numbers, first: Numbers, reverse: bool) -> Numbers:
    """What is before each step, from what is after each, `(batch, steps, size)`.

    Args:
        first: what is before all, `(batch, size)`.
        reverse: whether the last step comes first.
    """
    pairs = [(state, start[:, None]) for state, start in zip(states, first, strict=True)]
    if reverse:
        return tuple(ops.concatenate([state[:, 1:], start], axis=1) for state, start in pairs)
    return tuple(ops.concatenate([start, state[:, :-1]], axis=1) for state, start in pairs)


def added_up(numbers: Numbers, like: Numbers) -> Numbers:
    """`(batch, steps, size)` added up over what others have 1 of."""
    axes = [axis for axis in (0, 1) if like[0].shape[axis] == 1]
    return tuple(ops.sum(part, axes, keepdims=True) for part in numbers) if axes else numbers
