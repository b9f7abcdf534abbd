"""Results to report on: records written down without training, for the real digits' test images."""

import json
from pathlib import Path

import numpy as np
import pytest

from seqvision.comparison.charts.base import ranked
from seqvision.comparison.records import load_records
from seqvision.data import load

HOSTILE = "</script><script>alert('name')</script>"
MODELS = {
    # name: (scan, causal, share of wrong answers, parameters, images/s)
    "gru_rows": ("rows", True, 0.08, 5_000, 9_000.0),
    "gru_columns": ("columns", True, 0.12, 5_000, 8_000.0),
    "bigru": ("rows", False, 0.04, 10_000, 5_000.0),
}


class Results:
    """A results folder to fill."""

    def __init__(self, folder: Path):
        self.folder = folder

    def add(self, name, seed=0, *, labels, said, changes=(), config_hash="00000001", history=()):
        """Write a finished run that says `said` of images whose classes are `labels`.

        `changes` are values of the record by their path, such as `{"dataset.checksum": "other"}`;
        `history` is one (error_rate, val_error_rate) an epoch.
        """
        run = self.folder / name / f"{config_hash}-s{seed}"
        run.mkdir(parents=True)
        labels, said = np.asarray(labels), np.asarray(said)
        error = float(np.mean(labels != said))
        record = {
            "run_id": f"{name}/{run.name}",
            "name": name,
            "seed": seed,
            "status": "finished",
            "config_hash": config_hash,
            "config": {
                "name": name,
                "description": f"the {name}",
                "data": {"dataset": "digits", "offline": None, "validation": 0.1},
                "model": {"family": "stacked", "scan": "rows", "cell": "gru", "units": [16]},
                "train": {"epochs": 3, "optimizer": {"name": "adam"}, "seeds": [0, 1]},
                "tune": None,
            },
            "dataset": {
                "name": "digits",
                "asked_for": "digits",
                "source": "shipped with scikit-learn",
                "checksum": "c0ffee" * 8,
                "train": 1294,
                "validation": 143,
                "test": len(labels),
                "input_shape": [8, 8],
                "class_names": [str(k) for k in range(10)],
            },
            "metrics": {
                "test_error": error,
                "test_accuracy": 1 - error,
                "test_loss": 0.3,
                "macro_f1": 1 - error,
                "calibration_error": 0.02,
                "epochs": 3,
                "stopped": None,
            },
            "timing": {
                "train_seconds": 61.0,
                "train_images_per_second": 900.0,
                "inference_images_per_second": 9000.0,
                "started": "2026-01-02T03:04:05+00:00",
                "ended": "2026-01-02T03:05:06+00:00",
            },
            "model": {"parameters": 5000, "flops_per_image": 70000},
            "environment": {"keras": "3.15.0", "cpu": "a cpu", "cores": 2, "backend": "tensorflow"},
        }
        for path, value in dict(changes).items():
            *sections, key = path.split(".")
            place = record
            for section in sections:
                place = place[section]
            place[key] = value
        (run / "record.json").write_text(json.dumps(record))
        probabilities = np.full((len(said), 10), 0.02, np.float32)
        probabilities[np.arange(len(said)), said] = 0.82
        np.savez_compressed(run / "predictions.npz", probabilities=probabilities, labels=labels)
        lines = [f"{k},{train},{val}" for k, (train, val) in enumerate(history, 1)]
        if lines:
            text = "\n".join(["epoch,error_rate,val_error_rate", *lines, ""])
            (run / "history.csv").write_text(text)
        return run

    @property
    def records(self):
        return load_records(self.folder)

    @property
    def runs(self):
        return ranked(self.records)


@pytest.fixture
def results(tmp_path):
    """An empty results folder."""
    return Results(tmp_path / "results")


@pytest.fixture(scope="session")
def digits():
    return load("digits")


@pytest.fixture(scope="session")
def shown(tmp_path_factory, digits):
    """A folder with all that a report shows: three models of two seeds, one run failed, one cut
    short, a hostile description and a hostile class name."""
    results = Results(tmp_path_factory.mktemp("shown") / "results")
    random = np.random.default_rng(0)
    labels = digits.test.labels
    hard = random.choice(len(labels), 60, replace=False)
    for name, (scan, causal, wrong, parameters, speed) in MODELS.items():
        for seed in (0, 1):
            said = labels.copy()
            which = random.choice(hard, round(wrong * len(labels)), replace=False)
            said[which] = (said[which] + random.integers(1, 10, len(which))) % 10
            fall = [(0.5 / 2**k + 0.01 * seed, wrong + 0.3 / 2**k) for k in range(3)]
            changes = {
                "config.model.scan": scan,
                "config.model.family": "stacked" if causal else "bidirectional",
                "config.description": HOSTILE if name == "bigru" else f"the {name}",
                "dataset.checksum": digits.checksum,
                "dataset.class_names": [*map(str, range(9)), HOSTILE],
                "model.parameters": parameters,
                "timing.inference_images_per_second": speed,
            }
            run = results.add(name, seed, labels=labels, said=said, changes=changes, history=fall)
            if causal:
                write_prefixes(run, labels, said, scan)
    failed = results.add("hopeless", labels=labels, said=labels)
    record = json.loads((failed / "record.json").read_text())
    record |= {"status": "failed", "error": f"the loss became NaN {HOSTILE}"}
    (failed / "record.json").write_text(json.dumps(record))
    (results.folder / "cut_short" / "00000002-s0").mkdir(parents=True)
    return results


def write_prefixes(run, labels, said, scan):
    """Accuracy that rises over 8 steps to that of the end."""
    right = np.bincount(labels[labels == said], minlength=10)
    order = np.tile(np.arange(8, dtype=np.int32), (8, 1))
    examples = np.array([np.argmax(labels == k) for k in range(10)], np.int32)
    steps = np.arange(1, 9)[:, None]
    np.savez_compressed(
        run / "prefixes.npz",
        right=(right * steps // 8).astype(np.int32),
        images=np.bincount(labels, minlength=10).astype(np.int32),
        order=order if scan == "columns" else order.T,
        examples=examples,
        said=np.where(steps < 5, 0, said[examples]).astype(np.int16),
    )
