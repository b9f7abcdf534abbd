"""Hands runs to whoever is free, and collects how each ended."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from seqvision.errors import SeqvisionError
from seqvision.runs.files import is_locked
from seqvision.sweep.plan import Job


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    job: Job
    status: Literal["finished", "failed", "busy", "stopped"]
    """`busy`: another process is at it; `stopped`: it was told to, and can go on."""
    record: dict[str, Any] | None = None
    message: str = ""
    log: Path | None = None
    """What the run's process wrote, when there is more to say than the message."""


def outcome_of(job: Job, last: dict[str, Any], log: Path | None = None) -> Outcome:
    """The outcome that the last word of a run's process tells.

    Raises:
        SeqvisionError: the input was wrong.
    """
    if last["event"] == "wrong":
        raise SeqvisionError(last["message"])
    return Outcome(job, last["event"], last.get("record"), last.get("message", ""), log)


class Listener:
    """Hears of a sweep as it goes, from several threads. These methods do nothing."""

    def begin(self, job: Job) -> None:
        """A run is handed to a free place."""

    def event(self, job: Job, event: dict[str, Any]) -> None:
        """A run tells of itself: `start`, `step`, `test`, `epoch` or `log`, as `Progress` does."""

    def end(self, outcome: Outcome) -> None:
        """A run ended."""


class Performer(Protocol):
    """Whoever performs runs: this machine, or a cluster."""

    places: int
    """How many runs it performs at once."""

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        """Perform one run and wait for its end.

        Raises:
            SeqvisionError: the input is wrong, so that no other run of it can end well.
        """
        ...

    def stop(self) -> None:
        """Have every run that is under way end soon, keeping what it has."""
        ...


def run_all(
    jobs: Sequence[Job],
    perform: Performer,
    listener: Listener | None = None,
    *,
    fail_fast: bool = False,
) -> list[Outcome]:
    """Perform every job, as many at once as there are places; return their outcomes in order.

    A run that another process is at is waited for and then taken as that process left it. A
    failure leaves the others be, unless `fail_fast`.

    Raises:
        SeqvisionError: the input of a run is wrong; runs under way are stopped first.
        KeyboardInterrupt: likewise.
    """
    queue = _Queue(jobs)
    outcomes: dict[str, Outcome] = {}
    listener = listener or Listener()

    def work() -> None:
        while job := queue.take():
            listener.begin(job)
            outcome = _taken_as_it_is(job) or perform(job, listener)
            if outcome.status == "busy":
                queue.put_back(job)
            else:
                outcomes[job.run_id] = outcome
                queue.left -= 1
                if fail_fast and outcome.status == "failed":
                    queue.close()
                    perform.stop()
            listener.end(outcome)

    with ThreadPoolExecutor(perform.places, thread_name_prefix="sweep") as pool:
        workers = [pool.submit(work) for _ in range(min(perform.places, len(jobs)))]
        try:
            wait(workers, return_when=FIRST_EXCEPTION)
            for worker in workers:
                if worker.done():
                    worker.result()
        except BaseException:
            queue.close()
            perform.stop()
            raise
    return [outcomes.get(job.run_id, Outcome(job, "stopped")) for job in jobs]


def _taken_as_it_is(job: Job) -> Outcome | None:
    """The outcome of a run that has been finished meanwhile, by another process perhaps."""
    record = None if job.force else job.record()
    return Outcome(job, "finished", record) if record else None


class _Queue:
    """The jobs that wait, taken by several threads."""

    def __init__(self, jobs: Sequence[Job]):
        self._waiting = list(jobs)
        self._lock = threading.Lock()
        self._closed = False
        self.left = len(jobs)

    def take(self) -> Job | None:
        """The next job whose folder nobody holds; waits for one; None when there is none left."""
        while not self._closed:
            with self._lock:
                for place, job in enumerate(self._waiting):
                    if not is_locked(job.folder):
                        return self._waiting.pop(place)
                if not self._waiting:
                    return None
            time.sleep(_LOOK_AGAIN)
        return None

    def put_back(self, job: Job) -> None:
        with self._lock:
            self._waiting.append(job)

    def close(self) -> None:
        self._closed = True


_LOOK_AGAIN = 0.3  # seconds
