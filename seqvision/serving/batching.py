"""Answers requests that come together in one call of the model, in one thread."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[Sequence[Any]], Sequence[Any]]
"""From the requests of a batch to their answers, in the same order."""


@dataclass
class _Request:
    kind: str
    content: Any
    answer: Future[Any] = field(default_factory=Future)
    came: float = field(default_factory=time.perf_counter)


class Batcher:
    """Gathers requests into batches and has one thread answer them.

    A batch is answered when it is full, or when its first request has waited long enough. What
    comes while the model is at work waits for it and then makes the next batch.

    Args:
        work: for each kind of request the function that answers a batch of it.
        most: the most requests in a batch.
        wait: the most seconds that a request waits for others while the model is free.
    """

    def __init__(self, work: dict[str, Work], most: int, wait: float):
        self._work, self._most, self._wait = work, most, wait
        self._requests: queue.Queue[_Request | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="seqvision-model", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread once all that was submitted is answered."""
        if self._thread.is_alive():
            self._requests.put(None)
            self._thread.join()

    def submit(self, kind: str, content: Any) -> Future[Any]:
        """The answer to a request, or the error of its batch, in the future."""
        request = _Request(kind, content)
        self._requests.put(request)
        return request.answer

    def _run(self) -> None:
        goes_on = True
        while goes_on and (first := self._requests.get()) is not None:
            batch = [first]
            until = first.came + self._wait
            while len(batch) < self._most:
                try:
                    left = until - time.perf_counter()
                    request = self._requests.get(timeout=left) if left > 0 else self._ready()
                except queue.Empty:
                    break
                if request is None:
                    goes_on = False
                    break
                batch.append(request)
            for kind in self._work:
                self._answer(kind, [each for each in batch if each.kind == kind])

    def _ready(self) -> _Request | None:
        return self._requests.get_nowait()

    def _answer(self, kind: str, batch: list[_Request]) -> None:
        # Who has gone away meanwhile is not answered.
        batch = [each for each in batch if each.answer.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            answers = self._work[kind]([each.content for each in batch])
            for each, answer in zip(batch, answers, strict=True):
                each.answer.set_result(answer)
        except Exception as error:
            for each in batch:
                if not each.answer.done():
                    each.answer.set_exception(error)


def padded_sizes(most: int) -> list[int]:
    """The few sizes of batches for which a model is compiled: powers of four, and the largest."""
    sizes = [1]
    while sizes[-1] * 4 < most:
        sizes.append(sizes[-1] * 4)
    return sizes if most == 1 else [*sizes, most]
