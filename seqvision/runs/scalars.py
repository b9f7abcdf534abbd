"""TensorBoard scalars of a run."""

import shutil
import time
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from seqvision.runs.event_file import EventFile

_OF_EPOCH = {
    "val_loss": "validation/loss",
    "val_error": "validation/error_rate",
    "val_balanced_accuracy": "validation/balanced_accuracy",
    "val_macro_f1": "validation/macro_f1",
    "val_macro_auroc": "validation/macro_auroc",
}
"""The tags of columns of history.csv."""


class Scalars:
    """Writes `train/`, `validation/` and `test/` loss, error rate and more by training step."""

    def __init__(self, folder: Path):
        self.folder = folder

    def begin(
        self,
        steps: list[list[float]],
        history: list[dict[str, Any]],
        tests: list[list[float]],
        steps_per_epoch: int,
    ) -> None:
        """Start a new file with what the run has logged so far."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.file = EventFile(self.folder)
        for step, loss, error in steps:
            self.step(int(step), loss, error)
        for step, error in tests:
            self.test(int(step), error)
        for row in history:
            self.epoch(row["epoch"] * steps_per_epoch, row)
        self.flush()

    def step(self, step: int, loss: float, error: float) -> None:
        self._write(step, {"train/loss": loss, "train/error_rate": error})

    def test(self, step: int, error: float) -> None:
        self._write(step, {"test/error_rate": error})

    def epoch(self, step: int, row: dict[str, Any]) -> None:
        values = {tag: row[key] for key, tag in _OF_EPOCH.items() if key in row}
        self._write(step, {**values, "train/learning_rate": row["learning_rate"]})

    def flush(self) -> None:
        """Write what was added since the last time."""
        self.file.flush()

    def close(self) -> None:
        self.file.close()

    def _write(self, step: int, values: dict[str, float]) -> None:
        scalars = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
        self.file.add(Event(step=step, wall_time=time.time(), summary=Summary(value=scalars)))
