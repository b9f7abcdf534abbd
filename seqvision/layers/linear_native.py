"""A linear recurrence over time as one operation in C++, on a CPU."""

from importlib import import_module
from typing import Any

import keras
from keras import ops

from seqvision.layers.engine.native import hindrance_here
from seqvision.layers.numbers import Numbers, added, added_up, at, before, conjugate, product
from seqvision.layers.own_gradient import with_gradient


def applies(a: Numbers, b: Numbers, training: bool) -> bool:
    """Whether it can be computed so here.

    Args:
        a, b: as of `recurrence`.
        training: whether the call is one in training.
    """
    own, whole = a[0].shape, b[0].shape
    if own[2] != whole[2] or any(n not in (1, m) for n, m in zip(own[:2], whole[:2], strict=True)):
        return False
    return hindrance_here(keras.backend.standardize_dtype(b[0].dtype), b[0], training) is None


def recurrence(a: Numbers, b: Numbers, first: Numbers, reverse: bool) -> Numbers:
    """Return h with h(t) = a(t) ∘ h(t − 1) + b(t), from the first step or in reverse.

    Args:
        a: as b, or with 1 for the batch or the steps.
        b: `(batch, steps, size)`.
        first: h before all steps, `(batch, size)`.
    """
    n = len(b)

    def forward(*given: Any) -> Numbers:
        return _binding().recurrence(given[:n], given[n : 2 * n], given[2 * n :], reverse)

    def backward(given: Any, h: Any, above: Any) -> Numbers:
        return _gradients(given[:n], tuple(h), given[2 * n :], tuple(above), reverse)

    return tuple(with_gradient(forward, backward, *a, *b, *first))


def _gradients(a: Numbers, h: Numbers, first: Numbers, d_h: Numbers, reverse: bool) -> Numbers:
    """Those of a, b and first, one after another.

    b's is g(t) = d_h(t) + a(t + 1)* ∘ g(t + 1), and a's g(t) ∘ h(t − 1)*. Their own gradients are
    made of the same recurrence in the direction of h.
    """
    n = len(h)

    def forward(*given: Any) -> Numbers:
        parts = (given[place : place + n] for place in range(0, 4 * n, n))
        d_a, d_b, d_first = _binding().recurrence_gradient(*parts, reverse)
        return *added_up(tuple(d_a), given[:n]), *d_b, *d_first

    def backward(given: Any, results: Any, above: Any) -> Numbers:
        a, h, first = (tuple(given[place : place + n]) for place in (0, n, 2 * n))
        of_a, of_b, of_first = (tuple(above[place : place + n]) for place in (0, n, 2 * n))
        g = tuple(results[n : 2 * n])
        fed = added(of_b, product(before(h, first, reverse), of_a))
        moved = recurrence(a, fed, of_first, reverse)
        d_a = product(conjugate(before(moved, of_first, reverse)), g)
        d_before = product(conjugate(of_a), g)
        none = tuple(ops.zeros_like(part) for part in first)
        begin = slice(-1, None) if reverse else slice(0, 1)
        d_first = tuple(part[:, 0] for part in at(d_before, begin))
        return *added_up(d_a, a), *before(d_before, none, not reverse), *d_first, *moved

    return tuple(with_gradient(forward, backward, *a, *h, *first, *d_h))


def _binding() -> Any:
    return import_module(f"seqvision.native.on_{keras.backend.backend()}")
