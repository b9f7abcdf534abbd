"""Contenders: implementations of a model, each one file.

A contender is a function from a `Work` and the weights of its model, in Keras's order, to a
`Contender`. It raises `CannotDo` for work that it has no layers for. Its card says `keras=False` if
it needs no Keras in its process, `ours=True` if its layers are this project's, which makes it no
rival of theirs, and `precision=` or `mixer=` if it does the work in another one, or with another
one, than is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqvision.errors import SeqvisionError
from seqvision.registry import Registry

CONTENDERS = Registry("contender", __name__, given=("work", "weights"))


@dataclass(frozen=True)
class Contender:
    """An implementation, ready to train and predict."""

    fit: Callable[[int], list[float]] | None
    """Train so many steps on the work's batch; return when each ended, in seconds of
    `time.perf_counter`. None of one that only answers, whose card says `trains=False`."""
    predict: Callable[[np.ndarray], np.ndarray]
    """From images to logits, float32 `(n, classes)`."""
    path: Callable[[], str | None] = lambda: None
    """Which way its layers last ran, such as `native: avx512, 2 threads`, if they say so."""


class CannotDo(SeqvisionError):
    """A contender has no layers for some work."""
