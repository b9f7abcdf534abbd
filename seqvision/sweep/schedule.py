"""Hands runs to free places, and collects how each ended."""

import logging
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from seqvision.errors import SeqvisionError
from seqvision.runs.lock import is_locked
from seqvision.runs.record import RunRecord
from seqvision.sweep.plan import Job

log = logging.getLogger("seqvision")


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    job: Job
    status: Literal["finished", "failed", "busy", "stopped"]
    """`busy`: another process performs it; `stopped`: before its end, on request; it can go on."""
    record: RunRecord | None = None
    message: str = ""
    log: Path | None = None
    """The log of the run's process, if it says more than the message."""


def outcome_of(job: Job, last: dict[str, Any]) -> Outcome:
    """The outcome of a run by the final event of its process.

    Raises:
        SeqvisionError: the input was wrong.
    """
    if last["event"] == "wrong":
        raise SeqvisionError(last["message"])
    record = RunRecord(job.folder, last["record"]) if "record" in last else None
    # On a node of a cluster it lay elsewhere, and has come along with the other files.
    log = job.folder / "run.log" if last.get("log") else None
    return Outcome(job, last["event"], record, last.get("message", ""), log)


class Listener:
    """Receives the events of a sweep, from several threads. It logs what runs log, each once."""

    _logged: frozenset[str] = frozenset()

    def begin(self, job: Job) -> None:
        """A run is handed to a free place."""

    def event(self, job: Job, event: dict[str, Any]) -> str | None:
        """An event of a run: `start`, `step`, `epoch` or `ask`, as in `Progress`, or `log`.

        Returns:
            The answer to `ask`, which only a job that `asks` sends: the reason to end, or None.
        """
        if event["event"] == "log" and event["message"] not in self._logged:
            self._logged |= {event["message"]}
            log.log(getattr(logging, event["level"]), "%s", event["message"])

    def end(self, outcome: Outcome) -> None:
        """A run ended."""


class Performer(Protocol):
    """What performs runs: this machine, or a cluster."""

    places: int
    """How many runs it performs at once."""

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        """Perform one run and wait for its end; give it the listener's answer to each `ask`.

        Raises:
            SeqvisionError: the input is wrong.
        """
        ...

    def stop(self) -> None:
        """Have every run that is under way end soon, keeping what it has."""
        ...


def run_all(
    jobs: Iterable[Job | None],
    perform: Performer,
    listener: Listener | None = None,
    *,
    fail_fast: bool = False,
) -> list[Outcome]:
    """Perform every job, as many at once as there are places; return their outcomes in order.

    If another process performs a run already, this waits for its end and takes its result. A failed
    run does not end the others, unless `fail_fast`.

    Args:
        jobs: a sequence; or an iterator that is asked for a job when a place is free, after the
            listener has heard how earlier ones ended. It may give None: no job until another run
            has ended.

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
            outcome = _finished_meanwhile(job) or perform(job, listener)
            if outcome.status != "busy":
                outcomes[job.run_id] = outcome
            if fail_fast and outcome.status == "failed":
                queue.close()
                perform.stop()
            listener.end(outcome)
            queue.ended(job, again=outcome.status == "busy")

    with ThreadPoolExecutor(perform.places, thread_name_prefix="sweep") as pool:
        workers = [pool.submit(work) for _ in range(perform.places)]
        try:
            wait(workers, return_when=FIRST_EXCEPTION)
            for worker in workers:
                if worker.done():
                    worker.result()
        except BaseException:
            queue.close()
            perform.stop()
            raise
    order = jobs if isinstance(jobs, Sequence) else queue.given
    return [outcomes.get(job.run_id, Outcome(job, "stopped")) for job in order if job]


def _finished_meanwhile(job: Job) -> Outcome | None:
    """The outcome of a run that has meanwhile been finished, perhaps by another process."""
    record = None if job.force else job.record()
    return Outcome(job, "finished", record) if record else None


class _Queue:
    """The jobs, taken by several threads."""

    def __init__(self, jobs: Iterable[Job | None]):
        self.given: list[Job] = []
        self._coming = iter(jobs)
        self._waiting: list[Job] = []
        self._closed = False
        self._changed = threading.Condition()

    def take(self) -> Job | None:
        """Wait for a job whose folder nobody has locked; None when no job is left."""
        with self._changed:
            while not self._closed:
                coming = next(self._coming, _LAST)
                if isinstance(coming, Job):
                    self.given.append(coming)
                    self._waiting.insert(0, coming)
                for place, job in enumerate(self._waiting):
                    if not is_locked(job.folder):
                        return self._waiting.pop(place)
                if coming is _LAST and not self._waiting:
                    return None
                if not isinstance(coming, Job):
                    self._changed.wait(_LOOK_AGAIN)
        return None

    def ended(self, job: Job, *, again: bool) -> None:
        """A job that was taken has ended, or goes back to the queue."""
        with self._changed:
            if again:
                self._waiting.append(job)
            self._changed.notify_all()

    def close(self) -> None:
        self._closed = True


_LAST = object()
_LOOK_AGAIN = 0.3  # seconds, for a folder that another process has locked
