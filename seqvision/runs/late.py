"""Takes things late, which others make in the meantime.

Whoever reads a model's answer waits until the device has computed it, and the device then waits for
the next batch. So an answer is read when later batches have been handed over.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_LATE = 2


def late(items: Iterable[Item | None]) -> Iterator[Item]:
    """The same items, each when two later ones have been made; those so far where one is None.

    Raises:
        Exception: what the items' iterator raised, after all items before it.
    """
    waiting: deque[Item] = deque()
    try:
        for item in items:
            if item is not None:
                waiting.append(item)
            while len(waiting) > (0 if item is None else _LATE):
                yield waiting.popleft()
    except Exception:
        yield from waiting
        raise
    yield from waiting
