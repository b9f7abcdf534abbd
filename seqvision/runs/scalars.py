"""What a run measures by step, `train/`, `validation/` or `test/`, written for TensorBoard."""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from seqvision.loggers.base import is_number
from seqvision.runs.event_file import EventFile

Also = Callable[[int, dict[str, float]], object]
"""Takes a step and the values measured at it."""

_OF_EPOCH = {
    "val_loss": "validation/loss",
    "val_error": "validation/error_rate",
    "val_balanced_accuracy": "validation/balanced_accuracy",
    "val_macro_f1": "validation/macro_f1",
    "val_macro_auroc": "validation/macro_auroc",
    "learning_rate": "train/learning_rate",
}
"""The names of columns of history.csv."""


class Scalars:
    """Writes `train/`, `validation/` and `test/` loss, error rate and more by training step.

    Args:
        folder: where to.
        also: hears of the same.
    """

    def __init__(self, folder: Path, also: Also = lambda *_: None):
        self.folder, self.also = folder, also

    def begin(
        self,
        steps: Iterable[Sequence[float]],
        history: Iterable[Mapping[str, Any]],
        tests: Iterable[Sequence[float]],
        steps_per_epoch: int,
    ) -> None:
        """Start a new file with what the run has logged so far."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.file = EventFile(self.folder)
        for step, values in in_order(steps, history, tests, steps_per_epoch):
            self._write(step, values)
        self.flush()

    def step(self, step: int, loss: float, error: float) -> None:
        self._write(step, of_step(loss, error))

    def test(self, step: int, error: float) -> None:
        self._write(step, of_test(error))

    def epoch(self, step: int, row: dict[str, Any]) -> None:
        self._write(step, of_epoch(row))

    def flush(self) -> None:
        """Write what was added since the last time."""
        self.file.flush()

    def close(self) -> None:
        self.file.close()

    def _write(self, step: int, values: dict[str, float]) -> None:
        scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self.file.add(Event(step=step, wall_time=time.time(), summary=Summary(value=scalars)))
        self.also(step, values)


def of_step(loss: float, error: float) -> dict[str, float]:
    """What is known after a training step."""
    return {"train/loss": loss, "train/error_rate": error}


def of_test(error: float) -> dict[str, float]:
    """What is known after a test."""
    return {"test/error_rate": error}


def of_epoch(row: Mapping[str, Any]) -> dict[str, float]:
    """The values of a row of history.csv; an area under the curve of one class is no number."""
    return {tag: row[key] for key, tag in _OF_EPOCH.items() if is_number(row.get(key))}


def in_order(
    steps: Iterable[Sequence[float]],
    history: Iterable[Mapping[str, Any]],
    tests: Iterable[Sequence[float]],
    steps_per_epoch: int,
) -> list[tuple[int, dict[str, float]]]:
    """What a run has measured, by step.

    Args:
        steps: `(step, loss, error rate)` of training steps.
        history: rows of history.csv.
        tests: `(step, error rate)` on the test images.
    """
    found = [(int(step), of_step(loss, error)) for step, loss, error in steps]
    found += [(int(step), of_test(error)) for step, error in tests]
    found += [(int(row["epoch"]) * steps_per_epoch, of_epoch(row)) for row in history]
    return sorted(found, key=lambda each: each[0])
