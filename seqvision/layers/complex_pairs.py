"""Complex numbers as pairs of real ones: Keras has no complex variables."""

from typing import Any

from keras import ops

Pair = tuple[Any, Any]
"""The real and the imaginary part."""


def times(a: Pair, b: Pair) -> Pair:
    """The product of two numbers."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def exp(a: Pair) -> Pair:
    """The exponential function of a number."""
    size = ops.exp(a[0])
    return size * ops.cos(a[1]), size * ops.sin(a[1])


def discretized(poles: Pair, step: Any) -> tuple[Pair, Pair]:
    """From x' = λ x + u in continuous time to steps through which u is held.

    Args:
        poles: λ, not 0.
        step: how long a step is, Δ.

    Returns:
        exp(λ Δ), by which a step multiplies x, and (exp(λ Δ) − 1) / λ, by which it does u.
    """
    moved = exp((poles[0] * step, poles[1] * step))
    squared = poles[0] ** 2 + poles[1] ** 2
    return moved, times((moved[0] - 1, moved[1]), (poles[0] / squared, -poles[1] / squared))
