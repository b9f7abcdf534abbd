"""Tells loggers of a run as it goes, in a thread of its own, so that no step waits for them."""

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from seqvision.loggers.base import Logger, Point, Run
from seqvision.loggers.chosen import Spec, build_logger, said

log = logging.getLogger("seqvision")

_SECONDS = 1.0
"""How long points are collected before loggers hear of them."""

_PATIENCE = 60.0
"""How many seconds the end of a run waits for loggers."""


class Tracker:
    """Tells the loggers of a run of its beginning, its points and its end.

    What goes wrong in a logger is logged as a warning, once, and it hears no more of the run.

    Args:
        loggers: specs, checked and prepared.
        results: the folder of all results.
        run: which of them is logged.

    Example:
        with Tracker(["mlflow"], results, run) as tracker:
            tracker.add(1, {"train/loss": 2.3})
            tracker.end(record)  # Left out if the run was cut short.
    """

    def __init__(self, loggers: Iterable[Spec], results: Path, run: Run):
        self._points: SimpleQueue[Point] = SimpleQueue()
        self._over = threading.Event()
        self._record: Mapping[str, Any] | None = None
        arguments = (list(loggers), results, run)
        self._thread = threading.Thread(target=self._tell, args=arguments, daemon=True)
        self._is_heard = bool(arguments[0])

    def __enter__(self) -> "Tracker":
        if self._is_heard:
            self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        if self._is_heard:
            self._thread.join(_PATIENCE)
            if self._thread.is_alive():
                log.warning("loggers are behind by %d s; the run does not wait", _PATIENCE)

    def add(self, step: int, values: dict[str, float]) -> None:
        """Values that were measured at a step."""
        if self._is_heard and values:
            self._points.put(Point(step, time.time(), values))

    def end(self, record: Mapping[str, Any]) -> None:
        """The run has this record."""
        self._record = record

    def _tell(self, specs: list[Spec], results: Path, run: Run) -> None:
        loggers: dict[str, Logger] = {}

        def each(told: Any) -> None:
            for name, logger in list(loggers.items()):
                try:
                    told(logger)
                except Exception as error:
                    del loggers[name]
                    _warn(name, error)

        for spec in specs:
            try:
                # Imports what takes a while.
                loggers[str(spec)] = build_logger(spec, results)
            except Exception as error:
                _warn(str(spec), error)
        each(lambda logger: logger.begin(run))
        over = False
        while not over:
            over = self._over.wait(_SECONDS)
            if points := self._taken():
                each(lambda logger, points=points: logger.log(points))
        each(lambda logger: logger.end(self._record))

    def _taken(self) -> list[Point]:
        points = []
        while True:
            try:
                points.append(self._points.get_nowait())
            except Empty:
                return points


def _warn(spec: str, error: Exception) -> None:
    log.warning("logger %s failed and hears no more of the run: %s", spec, said(error))
