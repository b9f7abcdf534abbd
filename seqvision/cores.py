"""How many processor cores there are to use, and how many layers share them."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from seqvision.cgroup import core_quota

_at_once: ContextVar[int] = ContextVar("layers_at_once", default=1)


def available_cores() -> int:
    """The processor cores that this process may use, within its container's quota rounded up."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = core_quota()
    return max(1, min(count or 1, math.ceil(quota or count or 1)))


@contextmanager
def side_by_side(layers: int) -> Iterator[None]:
    """Trace so many layers within that will run at once."""
    token = _at_once.set(_at_once.get() * layers)
    try:
        yield
    finally:
        _at_once.reset(token)


def layers_at_once() -> int:
    """How many layers will share the cores, of which the one that is being traced is one."""
    return _at_once.get()
