"""Performs runs in processes of their own, on this machine, each with a share of its cores."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from seqvision.loggers.chosen import Spec
from seqvision.sweep.plan import Job
from seqvision.sweep.schedule import Listener, Outcome, outcome_of
from seqvision.sweep.worker import order
from seqvision.sweep.workers import Workers


class Local:
    """Performs runs on this machine, in processes that are kept from one run to the next.

    Args:
        places: how many runs are performed at once.
        cores_a_run: the number of cores for each run's threads.
        loggers: where else to log runs, checked and prepared.
    """

    def __init__(self, places: int, cores_a_run: int, loggers: Sequence[Spec] = ()):
        self.places, self.cores_a_run, self.loggers = places, cores_a_run, loggers
        self._workers = Workers()

    def __enter__(self) -> "Local":
        self._workers.begin()
        return self

    def __exit__(self, *_: Any) -> None:
        self._workers.close()

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        told = order(job, self.cores_a_run, self.loggers)
        last = self._workers.perform(told, partial(listener.event, job))
        return outcome_of(job, last)

    def stop(self) -> None:
        self._workers.stop()
