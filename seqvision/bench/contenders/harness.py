"""What trains a model in `seqvision run`, and `fit` of the bare model on the same samples."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, Contender
from seqvision.bench.contenders.ours import path_of, settled
from seqvision.bench.work import Work
from seqvision.data.base import Dataset, Split
from seqvision.data.series import Series


@CONTENDERS.register("harness", ours=True)
def harness(work: Work, weights: list[np.ndarray]) -> Contender:
    """A run's epoch: batches, losses, logs; without what comes between two epochs."""
    from seqvision.runs.journal import Journal
    from seqvision.runs.progress import Progress
    from seqvision.runs.train import learn

    class Timed(Journal):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            super().on_train_batch_end(batch, logs)
            ends.append(time.perf_counter())

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.hear_all()
            ends[-1] = time.perf_counter()
            super().on_epoch_end(epoch, logs)

    ends: list[float] = []

    def fit(setup: Any) -> list[float]:
        ends.clear()
        with tempfile.TemporaryDirectory(prefix="seqvision-bench-") as folder:
            journal = Timed(setup, Path(folder), Progress(), ())
            journal.resume(setup.stages)
            learn(setup, journal, (), last=1)
            journal.scalars.close()
        return list(ends)

    return _contender(work, weights, fit)


@CONTENDERS.register("bare", ours=True)
def bare(work: Work, weights: list[np.ndarray]) -> Contender:
    """The same model, compiled alike, trained by `model.fit(images, labels)`."""
    import keras

    class Clock(keras.callbacks.CallbackList):
        """Takes the time, as a callback would, but does not have Keras wait for each loss."""

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            ends.append(time.perf_counter())

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epoch, logs)  # Reads the last loss.
            ends[-1] = time.perf_counter()

    ends: list[float] = []

    def fit(setup: Any) -> list[float]:
        ends.clear()
        split, size = setup.training, setup.config.train.batch_size
        samples = np.asarray(split.samples)
        clock = Clock(add_history=True, model=setup.model)
        setup.model.fit(
            samples, split.labels, batch_size=size, callbacks=clock, verbose=0, epochs=1
        )
        return list(ends)

    return _contender(work, weights, fit)


def _contender(
    work: Work, weights: list[np.ndarray], fit: Callable[[Any], list[float]]
) -> Contender:
    """Both have one model, its threads and shards as in a run, and the work's batch repeated."""
    from seqvision.runs.predict import logits

    settled(work)
    setup = _set_up(work)
    setup.model.set_weights(weights)

    def of_steps(steps: int) -> list[float]:
        index = np.tile(np.arange(work.batch_size), steps)
        return fit(replace(setup, training=setup.dataset.train.take(index)))

    def predict(samples: np.ndarray) -> np.ndarray:
        return logits(setup.model, _samples(work, samples))

    return Contender(of_steps, predict, path=lambda: path_of(setup.model))


def _set_up(work: Work) -> Any:
    """A run of the work's model on its one batch of samples."""
    from seqvision.config import load_config
    from seqvision.runs.cut import Cut
    from seqvision.runs.model import model_to_train
    from seqvision.runs.setup import Setup

    samples, labels = work.batch()
    split = Split(_samples(work, samples), labels)
    names = tuple(map(str, range(work.num_classes)))
    dataset = Dataset("made up", split, split, names, "made up")
    train = {
        "epochs": 1,
        "batch_size": work.batch_size,
        "optimizer": {"name": work.optimizer},
        "precision": work.precision,
        "steps_per_execution": 1,  # The time of each step is taken.
    }
    model = {key: value for key, value in work.model.items() if value is not None}
    data = {"dataset": "digits"}  # A config names one; it is not read.
    config = load_config({"name": "bench", "data": data, "model": model, "train": train})
    none = split.take(np.arange(0))
    stages = model_to_train(config, dataset, split)
    return Setup(config, 0, dataset, split, none, none, None, stages, None, {}, None, Cut())


def _samples(work: Work, batch: np.ndarray) -> Any:
    """A batch as a dataset holds it: pixels as bytes, or series."""
    return batch.astype(np.uint8) if work.steps is None else Series.of(list(batch))
