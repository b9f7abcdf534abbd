"""The trials of a search that was never run: what each parameter is worth is known."""

import csv

import numpy as np
import pytest

from seqvision.comparison.trials import load_trials
from seqvision.sweep.tune.columns import COLUMNS

SPACE = ["model.cell", "model.units", "train.batch_size", "train.learning_rate", "model.dropout"]


def write(folder, rows):
    folder.mkdir(exist_ok=True)
    with (folder / "trials.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*COLUMNS, *SPACE])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def made_up(count=40, seeds=(0, 1)):
    """The learning rate decides most, the cell a little, the batch size nothing."""
    draw = np.random.default_rng(3)
    for trial in range(1, count + 1):
        rate = 10 ** draw.uniform(-4, -1)
        cell = draw.choice(["gru", "lstm"])
        values = 0.9 - 0.1 * (np.log10(rate) + 2.5) ** 2 + 0.02 * (cell == "gru")
        values = [values + 0.002 * seed for seed in seeds]
        for seed, value in zip(seeds, values, strict=True):
            yield {
                "trial": trial,
                "seed": seed,
                "status": "finished",
                "objective": "val_accuracy",
                "value": value,
                "mean": np.mean(values),
                "epochs": 3,
                "epochs_saved": 0,
                "seconds": 1.5,
                "run_id": f"x-t{trial:03}/0-s{seed}",
                "model.cell": cell,
                "model.units": draw.choice(["[8]", "[16, 16]"]),
                "train.batch_size": draw.integers(16, 65),
                "train.learning_rate": rate,
                "model.dropout": draw.uniform(0, 0.5) if cell == "lstm" else "",
            }


@pytest.fixture(scope="session")
def trials(tmp_path_factory):
    return load_trials(write(tmp_path_factory.mktemp("searches") / "x-tune", made_up()))
