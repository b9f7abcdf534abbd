"""A config to tune, and runs that are made up: fast, and as good as their values say."""

import csv
import json
import random

import pytest

from seqvision.config.search import load_tunable
from seqvision.sweep.schedule import Outcome

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [8]},
    "train": {"epochs": 9, "batch_size": 64},
    "tune": {
        "oracle": "random",
        "space": {
            "model.cell": {"choice": ["gru", "lstm"]},
            "model.dropout": {"float": [0.0, 0.5], "when": {"model.cell": "lstm"}},
            "model.units": {"choice": [[8], [16, 16]]},
            "train.batch_size": {"int": [8, 64], "log": True},
            "train.label_smoothing": {"fixed": 0.1},
            "model.layer_norm": "boolean",
        },
    },
}


@pytest.fixture
def tunable():
    def load(config=None, **settings):
        return load_tunable({**CONFIG, **(config or {})}, **settings)

    return load


class MadeUp:
    """Performs a run by making up its record.

    Args:
        accuracy: of a job, after each of its epochs.
    """

    def __init__(self, accuracy=None, failing=()):
        self.accuracy = accuracy or by_its_values
        self.failing = failing
        self.performed = []
        self.asked_to_stop = False

    def __call__(self, job, listener):
        self.performed.append(job.run_id)
        if job.config.name in self.failing:
            return Outcome(job, "failed", message="the loss became NaN")
        last = job.config.train.stop_after or job.config.train.epochs
        done, why, history = 0, None, []
        while done < last and not why:
            done += 1
            accuracy = self.accuracy(job, done)
            row = {"epoch": done, "val_loss": 1 - accuracy, "val_error_rate": 1 - accuracy}
            history.append(row)
            why = listener.event(job, {"event": "epoch", "row": row})
        job.folder.mkdir(parents=True, exist_ok=True)
        with (job.folder / "history.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, history[0])
            writer.writeheader()
            writer.writerows(history)
        (job.folder / "checkpoint.npz").touch()
        value = 1 - history[-1]["val_error_rate"]
        metrics = {"val_accuracy": value, "val_loss": 1 - value, "val_error": 1 - value}
        metrics |= {"epochs": done, "stopped": why}
        record = {
            "status": "finished" if job.test else "untested",
            "run_id": job.run_id,
            "seed": job.seed,
            "metrics": metrics | ({"test_error": 1 - value} if job.test else {}),
            "timing": {"train_seconds": 1.0},
        }
        (job.folder / "record.json").write_text(json.dumps(record))
        return Outcome(job, "finished", record)

    def stop(self):
        self.asked_to_stop = True


def by_its_values(job, epoch):
    """An accuracy that depends on the config and the seed, and grows with the epochs."""
    content = {**job.config.content(), "train": {**job.config.content()["train"], "stop_after": 0}}
    draw = random.Random(json.dumps(content, sort_keys=True)).random()
    return 0.5 + 0.4 * draw * epoch / 9 + 0.001 * job.seed
