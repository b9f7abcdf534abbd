"""The Keras callback of a run: logging, validation, stopping and checkpoints."""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from seqvision.runs import checkpoint
from seqvision.runs.at_once import AtOnce
from seqvision.runs.folders import read_state
from seqvision.runs.history import badness, with_names_of_today
from seqvision.runs.losses import Losses, Step
from seqvision.runs.metrics import evaluate, evaluate_classes
from seqvision.runs.model import optimizer_of
from seqvision.runs.predict import averaged_weights, logits
from seqvision.runs.progress import Progress
from seqvision.runs.scalars import Also, Scalars
from seqvision.runs.seeded import begin_epoch
from seqvision.runs.setup import Setup
from seqvision.runs.stages import Stages
from seqvision.runs.state import State

log = logging.getLogger("seqvision")


class Journal(keras.callbacks.Callback):
    """Logs a run, validates and checkpoints each epoch, and decides when to stop.

    Test errors are only reported; no decision reads `state.tests`.

    Args:
        folder: the run's.
        others: the user's own callbacks.
        also: hears of what is written for TensorBoard.
    """

    def __init__(
        self,
        setup: Setup,
        folder: Path,
        progress: Progress,
        others: Sequence[keras.callbacks.Callback],
        also: Also = lambda *_: None,
    ):
        super().__init__()
        self.seed = setup.seed
        self.train, self.steps_per_epoch = setup.config.train, setup.steps_per_epoch
        self.training_images = len(setup.training)
        self.validation, self.test = setup.validation, setup.test
        self.checkpoint_file = folder / "checkpoint.npz"
        self.scalars = Scalars(folder / "tensorboard", also)
        self.progress = progress
        self.others = [type(each).__name__ for each in others]
        self.state = State(setup.dataset.checksum, keras.backend.backend(), setup.parent)
        self.best_weights: list[np.ndarray] = []
        self.nan_step: int | None = None
        self.at_once: AtOnce | None = None
        self.losses = Losses()
        self.sizes: set[int] = set()
        """The sizes of the batches, or of several executed at once, seen in this stage."""

    def resume(self, stages: Stages) -> None:
        """Restore the checkpoint, if there is one of this data, parent, model and backend."""
        before = read_state(self.checkpoint_file)
        if why := self._mismatch(before):
            log.warning("%s: %s; the run begins anew", self.checkpoint_file, why)
        elif found := self._restored(stages, before.get("epochs", 0)):
            values, self.best_weights = found
            self.state = State(**values)
            self.state.history = [with_names_of_today(row) for row in self.state.history]
        elif self.checkpoint_file.exists():
            log.warning(
                "%s: damaged, or of another model or version; the run begins anew",
                self.checkpoint_file,
            )
        state = self.state
        state.callbacks = list(dict.fromkeys([*state.callbacks, *self.others]))
        # Written anew, as steps of an epoch that was cut short are not part of the run.
        self.scalars.begin(state.steps, state.history, state.tests, self.steps_per_epoch)

    def _restored(self, stages: Stages, epochs: int) -> tuple[dict[str, Any], list[Any]] | None:
        """The state and best weights of a checkpoint of so many epochs; None if it is damaged."""
        if epochs:
            stages.enter(epochs - 1)  # Whose optimizer the checkpoint holds.
        found = checkpoint.restore(self.checkpoint_file, stages.model)
        if found is None:
            stages.enter(0)
        return found

    def _mismatch(self, found: dict[str, Any]) -> str | None:
        """Why a checkpoint's state is of another run of the same config; None if it is not."""
        if found.keys() - asdict(self.state).keys():
            return "of another version"
        if found and found.get("data") != self.state.data:
            return "of other data"
        if found and found.get("parent", "") != self.state.parent:
            return "of a run that began with other weights"
        if found and found.get("backend") != self.state.backend:
            return f"of the backend {found.get('backend')}, and this is {self.state.backend}"
        return None

    def on_train_begin(self, logs: Any = None) -> None:
        self.sizes = set()  # Each stage compiles the model.

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch_began = self.waited_until = time.perf_counter()
        self.done = self.seen = 0
        self.loss_sum = self.error_sum = 0.0
        self.epoch_loss = self.epoch_error = math.nan

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if batch == 0:  # Not in on_epoch_begin: starting to read images draws a number too.
            begin_epoch(self.seed, self.state.epochs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        before = self.seen
        each = self.at_once.logs if self.at_once else [logs]
        for said in each:
            self._add(said)
        step, images = self.state.epochs * self.steps_per_epoch + self.done, self.seen - before
        tests = self.train.test_every and _due(step, self.train.test_every, len(each))
        if images not in self.sizes or tests:
            self.hear_all()
        else:
            self._hear(self.losses.ready())
        # The first step of each size may compile the model. Reading a step's images is part of it.
        self._count_time(images if images in self.sizes else None)
        self.sizes.add(images)
        if tests and self.nan_step is None:
            self._measure_test(step)
            self._count_time(None)

    def _add(self, logs: Any) -> None:
        """Keep what a step says."""
        self.done += 1
        seen = min(self.done * self.train.batch_size, self.training_images)
        step, images = self.state.epochs * self.steps_per_epoch + self.done, seen - self.seen
        self.losses.add(Step(step, images, seen, logs["loss"], logs["accuracy"]))
        self.seen = seen

    def _count_time(self, images: int | None) -> None:
        """Count the time since the last call, in which so many images were read; None: leave it."""
        before, self.waited_until = self.waited_until, time.perf_counter()
        if images is not None:
            self.state.steady_seconds += self.waited_until - before
            self.state.steady_images += images

    def hear_all(self) -> None:
        """Wait for the losses of all steps so far, and log them."""
        self._hear(self.losses.all())

    def _hear(self, steps: list[Step]) -> None:
        """Log steps, whose losses are numbers by now."""
        for step in steps:
            # Keras gives means since the epoch began; a step's values are what they changed by.
            self.epoch_loss, self.epoch_error = step.loss, 1 - step.accuracy
            loss = (self.epoch_loss * step.seen - self.loss_sum) / step.images
            error = (self.epoch_error * step.seen - self.error_sum) / step.images
            self.loss_sum = self.epoch_loss * step.seen
            self.error_sum = self.epoch_error * step.seen
            if not math.isfinite(self.epoch_loss):
                self.nan_step = self.nan_step or step.number
                self.model.stop_training = True
                return
            if _due(step.number, self.train.log_every):
                self.state.steps.append([step.number, loss, max(error, 0.0)])
                self.scalars.step(step.number, loss, max(error, 0.0))
        if steps:
            self.scalars.flush()
            self.progress.step(steps[-1].number, self.epoch_loss, self.epoch_error)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.hear_all()
        self._count_time(0 if self.state.steady_images else None)
        if self.nan_step is not None:
            return
        state = self.state
        state.epochs = epoch + 1
        row: dict[str, Any] = {
            "epoch": state.epochs,
            "loss": self.epoch_loss,
            "error_rate": self.epoch_error,
        }
        with averaged_weights(self.model):
            if len(self.validation):
                answers = logits(self.model, self.validation.samples)
                labels = self.validation.labels
                found, of_classes = evaluate(answers, labels), evaluate_classes(answers, labels)
                more = {f"val_{key}": value for key, value in of_classes.items()}
                row |= {"val_loss": found["loss"], "val_error": found["error"], **more}
                if logs is not None:  # For callbacks that come after this one.
                    logs |= {"val_loss": found["loss"], "val_accuracy": found["accuracy"], **more}
            self._judge(row)
        row["learning_rate"] = float(
            keras.ops.convert_to_numpy(optimizer_of(self.model).learning_rate)
        )
        row["seconds"] = time.perf_counter() - self.epoch_began
        state.seconds += row["seconds"]
        state.history.append(row)
        self.scalars.epoch(state.epochs * self.steps_per_epoch, row)
        self.scalars.flush()
        self._stop_if_due(row)
        checkpoint.save(self.checkpoint_file, self.model, asdict(state), self.best_weights)
        self.progress.epoch(row)

    def _measure_test(self, step: int) -> None:
        with averaged_weights(self.model):
            error = evaluate(logits(self.model, self.test.samples), self.test.labels)["error"]
        self.state.tests.append([step, error])
        self.scalars.test(step, error)
        self.scalars.flush()
        self.progress.test(self.state.epochs + 1, step, error)

    def _judge(self, row: dict[str, Any]) -> None:
        """Keep the weights if they are the best so far, by validation."""
        if not self.train.best_weights:
            return
        score = badness(row, self.train.best_weights)
        if self.state.best is None or score < self.state.best:
            self.state.best, self.state.best_epoch = score, row["epoch"]
            self.best_weights = self.model.get_weights()

    def _stop_if_due(self, row: dict[str, Any]) -> None:
        train, state = self.train, self.state
        if early := train.early_stopping:
            score = badness(row, early.monitor)
            if state.waiting_from is None or score < state.waiting_from - early.min_delta:
                state.waiting_from, state.waited = score, 0
            else:
                state.waited += 1
            if state.waited >= early.patience:
                state.stopped = f"{early.monitor} did not improve for {state.waited} epochs"
        if train.target_val_accuracy and 1 - row["val_error"] >= train.target_val_accuracy:
            state.stopped = f"validation accuracy reached {train.target_val_accuracy}"
        if train.minutes and state.seconds >= 60 * train.minutes:
            state.stopped = f"the budget of {train.minutes} minutes is used up"
        if reason := self.progress.ask(row):
            state.stopped = reason
        if state.stopped:
            self.model.stop_training = True


def _due(step: int, every: int, steps: int = 1) -> bool:
    """Whether a multiple of `every` is among so many steps, of which `step` is the last."""
    return step // every > (step - steps) // every
