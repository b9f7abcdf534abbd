"""One run: its record, what it goes on from, and how it fails."""

import csv
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from slow import all_but

import seqvision
from seqvision.config import load_config
from seqvision.config.schema import LONGEST_NAME
from seqvision.errors import RunFailed, SeqvisionError
from seqvision.runs.progress import Progress
from seqvision.runs.record import run_id
from seqvision.runs.setup import Setup

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [16], "dropout": 0.2},
    "train": {"epochs": 3, "batch_size": 64, "optimizer": {"name": "adam", "learning_rate": 0.01}},
}


def config(**train):
    return {**CONFIG, "train": {**CONFIG["train"], **train}}


def same(record, other):
    assert record["metrics"] == other["metrics"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    return seqvision.run(config(test_every=10), seed=1, results=results), results


def test_paths_of_a_run_are_short_enough_for_windows(undisturbed):
    """There they have 260 characters, of which 80 are left for the folder of results."""
    record, results = undisturbed
    below = [str(path.relative_to(results)) for path in results.rglob("*")]
    below = [path.replace(socket.gethostname(), 15 * "-") for path in below]
    longest = max(map(len, below)) - len(record["config"]["name"])
    assert 40 < longest < 80  # Beside the files were their temporary ones.
    assert longest + LONGEST_NAME < 260 - 80


def test_a_run_leaves_neither_its_model_nor_its_data_behind(tmp_path):
    """TensorFlow keeps what is traced with a gradient of its own, and functions of datasets."""

    def kept():
        gc.collect()
        return sum(isinstance(each, (keras.Model, Setup)) for each in gc.get_objects())

    before = kept()
    seqvision.run(config(epochs=1), results=tmp_path)
    assert kept() <= before


def test_the_record_holds_what_others_rely_on(undisturbed):
    record, results = undisturbed
    folder = results / record["run_id"]
    assert json.loads((folder / "record.json").read_text()) == record
    assert record["status"] == "finished"
    assert record["dataset"] | {"source": "", "checksum": "", "class_names": []} == {
        "name": "digits",
        "kind": "image",
        "asked_for": "digits",
        "source": "",
        "checksum": "",
        "resample": 0,
        "files": None,
        "scale": "0..255",
        "notes": [],
        "train": 1237,
        "validation": 200,
        "test": 360,
        "input_shape": [8, 8],
        "class_names": [],
        "background": "dark",
    }
    assert record["metrics"]["test_accuracy"] > 0.5
    # GRU: 3 × 16 × (8 inputs + 16 states) twice an element and step; Dense: 16 × 10.
    assert record["model"]["flops_per_image"] == 2 * (8 * 3 * 16 * (8 + 16) + 16 * 10)
    assert record["model"]["parameters"] == 3 * 16 * (8 + 16 + 2) + 17 * 10
    for rate in ("train_images_per_second", "inference_images_per_second", "train_seconds"):
        assert record["timing"][rate] > 0


def test_the_metrics_are_those_of_the_saved_predictions(undisturbed):
    from sklearn.metrics import (
        accuracy_score,
        balanced_accuracy_score,
        f1_score,
        log_loss,
        roc_auc_score,
    )

    record, results = undisturbed
    saved = np.load(results / record["run_id"] / "predictions.npz")
    p, labels = saved["probabilities"], saved["labels"]
    metrics = record["metrics"]
    assert metrics["test_accuracy"] == pytest.approx(accuracy_score(labels, p.argmax(1)))
    assert metrics["test_loss"] == pytest.approx(log_loss(labels, p), rel=1e-4)
    assert metrics["macro_f1"] == pytest.approx(f1_score(labels, p.argmax(1), average="macro"))
    recall = balanced_accuracy_score(labels, p.argmax(1))
    assert metrics["balanced_accuracy"] == pytest.approx(recall)
    area = roc_auc_score(labels, p, multi_class="ovr")
    assert metrics["macro_auroc"] == pytest.approx(area, rel=1e-4)
    answers = np.load(results / record["run_id"] / "answers.npz")
    np.testing.assert_array_equal(answers["labels"] ^ answers["mistakes"], p.argmax(1))
    np.testing.assert_allclose(answers["confidence"] / 255, p.max(1), atol=0.5 / 255 + 1e-6)


def test_the_saved_model_predicts_as_recorded(undisturbed):
    from seqvision.data import load

    record, results = undisturbed
    folder = results / record["run_id"]
    model = keras.models.load_model(folder / "model.keras")
    logits = model.predict(load("digits").test.samples, verbose=0)
    expected = np.load(folder / "predictions.npz")["probabilities"]
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, atol=1e-5)


def test_history_and_scalars(undisturbed):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    record, results = undisturbed
    folder = results / record["run_id"]
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    for metric in ("val_error", "val_balanced_accuracy", "val_macro_f1", "val_macro_auroc"):
        assert float(rows[-1][metric]) == pytest.approx(record["metrics"][metric])
    seconds = sum(float(row["seconds"]) for row in rows)
    assert record["timing"]["train_seconds"] == pytest.approx(seconds, abs=1e-3)
    with (folder / "steps.csv").open() as file:
        steps = list(csv.DictReader(file))
    assert [int(row["step"]) for row in steps] == list(range(1, 61))
    # The mean of an epoch's steps, each by its images, is the epoch's own figure.
    sizes = [64] * 19 + [1237 - 19 * 64]
    mean = np.average([float(row["error_rate"]) for row in steps[20:40]], weights=sizes)
    assert mean == pytest.approx(float(rows[1]["error_rate"]), abs=1e-5)
    events = EventAccumulator(str(folder / "tensorboard"), {"scalars": 0}).Reload()
    assert len(events.Scalars("train/loss")) == 60
    assert [e.step for e in events.Scalars("test/error_rate")] == [10, 20, 30, 40, 50, 60]
    assert len(events.Scalars("validation/error_rate")) == 3


def test_a_finished_run_is_not_run_again_unless_forced(undisturbed, tmp_path):
    """Forced, it is trained from the beginning, and its record takes the place of the first."""
    record, results = undisturbed
    folder = tmp_path / record["run_id"]
    shutil.copytree(results / record["run_id"], folder)

    class Began(Progress):
        steps = ()

        def start(self, title, total_steps, done_steps):
            self.steps = (*self.steps, done_steps)

    began = Began()
    again = {"seed": 1, "results": tmp_path, "progress": began}
    assert seqvision.run(config(test_every=10), **again) == record
    assert began.steps == ()
    forced = seqvision.run(config(test_every=10), **again, force=True)
    assert began.steps == (0,)
    assert forced["timing"]["ended"] > record["timing"]["ended"]
    assert json.loads((folder / "record.json").read_text()) == forced
    same(forced, record)


def test_the_same_seed_gives_the_same_numbers_and_another_does_not(undisturbed, tmp_path):
    record, _ = undisturbed
    # Measuring the test error more or less often changes nothing.
    same(seqvision.run(config(), seed=1, results=tmp_path), record)
    other = seqvision.run(config(), seed=2, results=tmp_path)
    assert other["metrics"]["test_loss"] != record["metrics"]["test_loss"]


class Stop(Progress):
    """Breaks off in the middle of an epoch; keeps at which step the run began."""

    def __init__(self, at):
        self.at = at

    def start(self, title, total_steps, done_steps):
        self.began_at = done_steps

    def step(self, done_steps, loss, error):
        if done_steps >= self.at:
            raise KeyboardInterrupt


RECIPE = {
    "optimizer": {"name": "adamw", "learning_rate": 0.01, "use_ema": True},
    "schedule": {"name": "one_cycle"},
    "augment": {"shift": 0.1, "rotate": 10.0},
    "best_weights": "val_loss",
    "label_smoothing": 0.1,
}


@pytest.mark.parametrize(("train", "stops"), [(RECIPE, (29, 50)), *all_but([], [({}, (5, 29))])])
def test_goes_on_as_if_never_stopped(train, stops, undisturbed, tmp_path):
    expected, _ = undisturbed
    if train:
        expected = seqvision.run(config(**train), seed=1, results=tmp_path / "a")
    for at in stops:
        with pytest.raises(KeyboardInterrupt):
            seqvision.run(config(**train), seed=1, results=tmp_path / "b", progress=Stop(at))
    record = seqvision.run(config(**train), seed=1, results=tmp_path / "b")
    same(record, expected)


@pytest.mark.slow
def test_sigkill_again_and_again_loses_nothing(undisturbed, tmp_path):
    record, _ = undisturbed
    (tmp_path / "small.yaml").write_text(json.dumps(config(test_every=10)))
    command = [sys.executable, "-m", "seqvision.cli", "run", "small.yaml", "--seeds", "1", "--json"]
    folder = tmp_path / "results" / record["run_id"]
    # Before there is a checkpoint, when there is one, and while what is written last is written.
    files = ("config.yaml", "checkpoint.npz", "tests.csv")
    moments = np.random.default_rng(0).uniform(0, 0.5, size=3)
    for kill_after, moment in zip(files, moments, strict=True):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while not (folder / kill_after).exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    same(json.loads(done.stdout)[0], record)


def test_nan_ends_the_run_as_failed_with_the_step(tmp_path):
    hopeless = config(optimizer={"name": "sgd", "learning_rate": 1e38})
    with pytest.raises(RunFailed, match=r"became NaN or infinite at step [0-9]+"):
        seqvision.run(hopeless, results=tmp_path)
    folder = tmp_path / run_id(load_config(hopeless), 0)
    record = json.loads((folder / "record.json").read_text())
    assert record["status"] == "failed"
    assert not (folder / "model.keras").exists()


def test_a_failed_run_begins_anew(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        seqvision.run(config(), results=tmp_path, progress=Stop(29))
    folder = tmp_path / run_id(load_config(config()), 0)
    assert (folder / "checkpoint.npz").exists()
    (folder / "record.json").write_text('{"status": "failed"}')
    stop = Stop(1)
    with pytest.raises(KeyboardInterrupt):
        seqvision.run(config(), results=tmp_path, progress=stop)
    assert stop.began_at == 0 and not (folder / "record.json").exists()


@pytest.mark.parametrize(
    ("train", "reason", "epochs"),
    [
        ({"epochs": 9, "target_val_accuracy": 0.3}, "validation accuracy reached", None),
        ({"epochs": 9, "minutes": 1e-6}, "budget", 1),
        (
            {
                "epochs": 9,
                "optimizer": {"name": "sgd", "learning_rate": 1e-9},
                "early_stopping": {"patience": 2, "min_delta": 0.1},
            },
            "did not improve for 2 epochs",
            3,
        ),
    ],
)
def test_stops_by_validation_target_and_budget(train, reason, epochs, tmp_path):
    metrics = seqvision.run(config(**train), results=tmp_path)["metrics"]
    assert reason in metrics["stopped"]
    assert metrics["epochs"] < 9
    if epochs:
        assert metrics["epochs"] == epochs


def test_best_weights_are_those_of_the_best_epoch(tmp_path):
    """Though the run stopped in the last of three epochs, and went on without finding better."""
    # The rate explodes after the first epoch, so the first is best.
    train = {
        "schedule": {"name": "step", "at": [0.34], "factor": 500.0},
        "best_weights": "val_loss",
    }
    with pytest.raises(KeyboardInterrupt):
        seqvision.run(config(**train), results=tmp_path, progress=Stop(50))
    record = seqvision.run(config(**train), results=tmp_path)
    with (tmp_path / record["run_id"] / "history.csv").open() as file:
        losses = [float(row["val_loss"]) for row in csv.DictReader(file)]
    best = int(np.argmin(losses))
    assert record["metrics"]["best_epoch"] == best + 1
    assert best < 2
    assert record["metrics"]["val_loss"] == pytest.approx(losses[best])


def test_weights_and_the_end_are_by_a_metric_that_is_best_when_high(tmp_path):
    train = {
        "epochs": 5,
        "schedule": {"name": "step", "at": [0.4], "factor": 500.0},
        "best_weights": "val_macro_auroc",
        "early_stopping": {"monitor": "val_balanced_accuracy", "patience": 2},
    }
    record = seqvision.run(config(**train), results=tmp_path)
    with (tmp_path / record["run_id"] / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    areas = [float(row["val_macro_auroc"]) for row in rows]
    assert record["metrics"]["best_epoch"] == 1 + int(np.argmax(areas)) < len(rows)
    assert record["metrics"]["val_macro_auroc"] == pytest.approx(max(areas))
    recalls = [float(row["val_balanced_accuracy"]) for row in rows]
    assert max(recalls[-2:]) <= max(recalls[:-2]) and recalls[-3] == max(recalls)
    assert record["metrics"]["stopped"] == "val_balanced_accuracy did not improve for 2 epochs"


def test_what_cannot_be_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SeqvisionError, match="cannot be written"):
        seqvision.run(CONFIG, results=tmp_path / "file")
    with pytest.raises(SeqvisionError, match="3 weights for 10 classes"):
        seqvision.run(config(class_weights=[1.0, 2.0, 3.0]), results=tmp_path)
    with pytest.raises(SeqvisionError, match=r"train\.optimizer"):
        bad = {"name": "sgd", "learning_rate": 0.1, "momentum": 7}
        seqvision.run(config(optimizer=bad), results=tmp_path)


def test_precision_and_steps_per_execution(tmp_path):
    train = {"precision": "mixed_bfloat16", "steps_per_execution": 4, "epochs": 2}
    record = seqvision.run(config(**train), results=tmp_path)
    assert record["metrics"]["test_accuracy"] > 0.3
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("jit_compile", "deterministic", "compiled"),
    [(True, False, True), (False, False, False), (True, True, False)],
)
def test_xla_compiles_the_steps_where_it_may(jit_compile, deterministic, compiled, tmp_path):
    """Keras leaves it where TensorFlow is to be deterministic, as XLA need not be."""
    found = []

    class Asks(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            found.append(self.model.jit_compile)

    settings = {"jit_compile": jit_compile, "deterministic": deterministic, "epochs": 1}
    small = {**config(**settings), "model": {"family": "stacked", "cell": "simple_rnn"}}
    record = seqvision.run(small, results=tmp_path, callbacks=[Asks()])
    assert found == [compiled]
    assert record["metrics"]["test_accuracy"] > 0.3


@pytest.mark.tensorflow
def test_the_step_is_traced_once(tmp_path, monkeypatch):
    """What makes its variables in the first step is traced for that, and again without."""
    traced, step = [], keras.Model.train_step
    monkeypatch.setattr(
        keras.Model, "train_step", lambda self, data: traced.append(0) or step(self, data)
    )
    small = {**config(epochs=1), "model": {"family": "stacked", "cell": "simple_rnn"}}
    seqvision.run(small, results=tmp_path)
    assert len(traced) == 1
