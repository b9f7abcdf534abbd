"""Worker processes on this machine, kept for one run after another."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator

from seqvision.sweep.forks import AVAILABLE, Forks
from seqvision.sweep.progress_sender import Event
from seqvision.sweep.worker_process import Worker, spawn


class Workers:
    """Performs runs in worker processes, as many at once as there are callers.

    A worker serves runs of the same settings: some of a process's are fixed when its backend first
    computes. It ends by itself after so many runs, or when its memory has grown (`worker.py`).
    """

    def __init__(self) -> None:
        self._forks: Forks | None = None
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._stopping = False
        self._lock = threading.Lock()

    def begin(self) -> None:
        """Begin what takes long, so that it is done when the first run comes."""
        if AVAILABLE and not self._forks:
            self._forks = Forks()

    def close(self) -> None:
        """End every process."""
        for worker in [*self._busy, *self._idle]:
            worker.close()
        self._idle.clear()
        if self._forks:
            self._forks.close()
            self._forks = None

    def perform(self, order: Event, listen: Callable[[Event], str | None]) -> Event:
        """Perform the run of an order, and return its final event.

        Args:
            listen: takes every other event, and gives the answer to an `ask`.
        """
        while True:
            with self._worker(_fixed_settings(order)) as worker:
                if last := worker.perform(order, listen):
                    return last
                code = worker.wait()
                if self._stopping:
                    return {"event": "stopped"}
                message = f"{order['run_id']}: its process {_how(code)}"
                if worker.runs == 1:
                    log = worker.keep_log(order)
                    return {"event": "failed", "message": message, "log": log}
            # A worker that has performed enough may have ended just now, without a word. One that
            # was killed may have been so for what earlier runs left in it.
            if code:
                warning = f"{message}; it is tried again"
                listen({"event": "log", "level": "WARNING", "message": warning})

    def stop(self) -> None:
        """Have every run that is under way end soon, and all that come."""
        with self._lock:
            self._stopping = True
            for worker in self._busy:
                worker.stop()

    @contextlib.contextmanager
    def _worker(self, settings: str) -> Iterator["Worker"]:
        """A worker for these settings, which is kept for another run if it is still there."""
        with self._lock:
            worker = self._take(settings)
            self._busy.add(worker)
            if self._stopping:
                worker.stop()
        try:
            yield worker
        except BaseException:
            worker.close()
            raise
        finally:
            with self._lock:
                self._busy.discard(worker)
                if worker.there:
                    self._idle.append(worker)

    def _take(self, settings: str) -> "Worker":
        for worker in self._idle:
            if worker.settings == settings:
                self._idle.remove(worker)
                return worker
        if self._idle:  # In place of one that does not fit, so that there are never more.
            self._idle.pop().close()
        self.begin()
        return Worker(self._forks or spawn, settings)


def _fixed_settings(order: Event) -> str:
    """What a process keeps from its first run on: threads, devices, JAX's deterministic kernels."""
    train = order["config"]["train"]
    keys = ("threads", "distribution", "deterministic")
    return json.dumps([order["cores"], [train.get(key) for key in keys]])


def _how(code: int | None) -> str:
    if code is None:
        return "was lost"
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
