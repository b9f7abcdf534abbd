"""Runs written down without having been trained."""

import json
import zlib

import numpy as np
import pytest

RECORD = {
    "dataset": {
        "name": "digits",
        "asked_for": "digits",
        "source": "scikit-learn",
        "checksum": "c0ffee",
        "train": 1000,
        "validation": 100,
        "test": 400,
        "input_shape": [8, 8],
        "class_names": ["0", "1", "2"],
    },
    "metrics": {"test_loss": 0.2, "test_accuracy": 0.9, "test_error": 0.1, "epochs": 3},
    "timing": {
        "train_seconds": 10.0,
        "train_images_per_second": 500.0,
        "inference_images_per_second": 2000.0,
        "started": "2026-01-01T00:00:00+00:00",
    },
    "model": {"parameters": 1000, "flops_per_image": 20000},
    "environment": {"keras": "3.15.0", "cpu": "a cpu", "threads": {"inter_op": 1}},
    "config": {
        "name": "gru",
        "description": "a GRU",
        "data": {"dataset": "digits", "validation": 100},
        "model": {"family": "stacked", "scan": "rows", "cell": "gru", "units": [8, 8]},
        "train": {"epochs": 3, "optimizer": {"name": "sgd", "learning_rate": 0.1}, "seeds": [0]},
        "tune": None,
    },
}


@pytest.fixture(scope="session")
def writer():
    """Of a results folder, the function that writes runs into it."""
    return run_writer


@pytest.fixture
def write_run(tmp_path):
    return run_writer(tmp_path / "results")


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def add(write_run):
    """Write a finished run of a model on a dataset, of its own split or another."""

    def write(model, dataset, accuracy, seed=0, resample=0, fold=None, **changes):
        origin = f"{dataset}-as-it-came"
        kind = f"fold {fold}" if fold is not None else f"resample {resample}"
        drawn = {"dataset.resample": resample} if fold is None else {}
        if fold is not None:
            drawn |= {"dataset.folds": 3, "dataset.fold": fold}
        own = kind == "resample 0"
        values = {
            "dataset.name": dataset,
            "dataset.checksum": origin if own else f"{origin}, {kind}",
            **({} if own else {"dataset.drawn_from": origin}),
            **drawn,
            "metrics.test_accuracy": accuracy,
            "metrics.test_error": 1 - accuracy,
            **changes,
        }
        key = f"{dataset}{kind}{model}{sorted(changes.items())}"
        write_run(model, seed, values, config_hash=f"{zlib.crc32(key.encode()):08x}")

    return write


def run_writer(results):
    """A function that writes a run's folder below `results`, and returns it.

    `changes` are values of the record by their path, such as `{"dataset.checksum": "other"}`.
    With `wrong`, a mask over the test images, there are predictions that err on just those, and
    the metrics say so; `history` is `(validation error, seconds)` of each epoch.
    """

    def write(name, seed=0, changes=(), *, config_hash=None, wrong=None, history=None):
        config_hash = config_hash or f"{sum(map(ord, name)):08x}"
        folder = results / name / f"{config_hash}-s{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        record = json.loads(json.dumps(RECORD))
        record |= {"run_id": f"{name}/{folder.name}", "name": name, "seed": seed}
        record |= {"status": "finished", "config_hash": config_hash}
        if wrong is not None:
            error = float(np.mean(wrong))
            record["metrics"] |= {"test_error": error, "test_accuracy": 1 - error}
            record["dataset"]["test"] = len(wrong)
            write_predictions(folder, wrong)
        for path, value in dict(changes).items():
            *sections, key = path.split(".")
            place = record
            for section in sections:
                place = place[section]
            place[key] = value
        if history is not None:
            lines = [f"{i},{error},{took}" for i, (error, took) in enumerate(history, 1)]
            text = "\n".join(["epoch,val_error_rate,seconds", *lines, ""])
            (folder / "history.csv").write_text(text)
        (folder / "record.json").write_text(json.dumps(record))
        return folder

    return write


def write_predictions(folder, wrong):
    """Probabilities over 3 classes that put the label first but where `wrong` is true."""
    labels = np.arange(len(wrong)) % 3
    said = (labels + np.asarray(wrong)) % 3
    probabilities = np.full((len(wrong), 3), 0.1, np.float32)
    probabilities[np.arange(len(wrong)), said] = 0.8
    np.savez_compressed(folder / "predictions.npz", probabilities=probabilities, labels=labels)
