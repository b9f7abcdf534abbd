"""Lets a thread prepare what is needed next."""

import queue
import threading
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item], count: int = 2) -> Generator[Item, None, None]:
    """Yield items, up to `count` of which a thread has prepared. Closing it ends the thread.

    Raises:
        Exception: what the items' iterator raised, in its place among the items.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue()
    room, ended = threading.Semaphore(count), threading.Event()

    def prepare() -> None:
        try:
            while room.acquire() and not ended.is_set():
                ready.put((True, next(items)))
        except StopIteration:
            ready.put((False, None))
        except BaseException as error:
            ready.put((False, error))

    thread = threading.Thread(target=prepare, name="seqvision-ahead", daemon=True)
    thread.start()
    try:
        while True:
            more, item = ready.get()
            if not more:
                if item is not None:
                    raise item
                return
            room.release()
            yield item
    finally:
        ended.set()
        room.release()
        thread.join()
