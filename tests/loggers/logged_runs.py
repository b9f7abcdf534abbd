"""A small config, and what the files of a run say."""

import csv
import math

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [4]},
    "train": {
        "epochs": 2,
        "batch_size": 256,
        "test_every": 3,
        "optimizer": {"name": "adam", "learning_rate": 0.01},
    },
}


def curves(folder):
    """What a run's tables say, `{name: [(step, value), …]}`, by the names that loggers hear."""
    steps, history, tests = (_rows(folder / f"{n}.csv") for n in ("steps", "history", "tests"))
    last = [row for row in steps if row["step"]][-1]["step"]
    per_epoch = last / len(history)
    return {
        "train/loss": [(row["step"], row["loss"]) for row in steps],
        "train/error_rate": [(row["step"], row["error_rate"]) for row in steps],
        "test/error_rate": [(row["step"], row["error_rate"]) for row in tests],
        "validation/loss": [(row["epoch"] * per_epoch, row["val_loss"]) for row in history],
        "validation/error_rate": [(row["epoch"] * per_epoch, row["val_error"]) for row in history],
        "train/learning_rate": [
            (row["epoch"] * per_epoch, row["learning_rate"]) for row in history
        ],
    }


def _rows(path):
    with path.open() as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def finals(record):
    """A record's numbers, by the names that loggers hear."""
    found = {**record["metrics"], **record["timing"], **record["model"]}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, (int, float)) and math.isfinite(value)
    }
