"""What must not change a run's numbers does not, on each backend; and what is wrapped is seen."""

import csv
import json
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

import seqvision
from seqvision.config import load_config
from seqvision.config.train import Train
from seqvision.runs import at_once
from seqvision.runs.progress import Progress

BACKEND = keras.backend.backend()
AVERAGED = {"name": "adam", "learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.9}
CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 800},  # 637 to train on: 10 steps, the last of 61.
    "model": {"family": "stacked", "cell": "simple_rnn", "units": [8], "dropout": 0.2},
    "train": {
        "epochs": 2,
        "batch_size": 64,
        "optimizer": AVERAGED,
        "schedule": {"name": "one_cycle"},
    },
}


class Stop(Progress):
    def __init__(self, at):
        self.at = at

    def step(self, done_steps, loss, error):
        if done_steps >= self.at:
            raise KeyboardInterrupt


class Outcome:
    """A run's record and what its folder holds."""

    def __init__(self, folder, stop_at=None, **train):
        config = load_config({**CONFIG, "train": {**CONFIG["train"], **train}})
        if stop_at:
            with pytest.raises(KeyboardInterrupt):
                seqvision.run(config, results=folder, progress=Stop(stop_at))
        self.record = seqvision.run(config, results=folder)
        self.folder = folder / self.record["run_id"]
        self.metrics = self.record["metrics"]
        self.history = [
            {key: float(value) for key, value in row.items() if key != "seconds"}
            for row in self.table("history")
        ]
        self.steps = [int(row["step"]) for row in self.table("steps")]
        self.answers = np.load(self.folder / "predictions.npz")["probabilities"]

    def table(self, name):
        with (self.folder / f"{name}.csv").open() as file:
            return list(csv.DictReader(file))


def same(one, other):
    np.testing.assert_array_equal(one.answers, other.answers)
    assert one.metrics == other.metrics
    assert one.history == other.history


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        copied = []
        if BACKEND == "jax":
            copy = keras.Model.jax_state_sync
            counted = lambda model: copied.append(model) or copy(model)  # noqa: E731
            patch.setattr(keras.Model, "jax_state_sync", counted)
        outcome = Outcome(tmp_path_factory.mktemp("plain"))
    outcome.copied = len(copied)
    return outcome


@pytest.mark.parametrize(("wanted", "taken"), [(4, 4), (100, 10)])
def test_steps_executed_at_once_change_no_number(plain, wanted, taken, tmp_path, caplog):
    """The last of an epoch are two; steps.csv holds each."""
    stop_at = 12 if wanted == 4 else None
    at_once = Outcome(tmp_path, stop_at, steps_per_execution=wanted)
    same(at_once, plain)
    assert at_once.table("steps") == plain.table("steps")
    assert at_once.record["timing"]["steps_per_execution"] == (1 if BACKEND == "torch" else taken)
    warned = f"train.steps_per_execution: 1 in place of {wanted}" in caplog.text
    assert warned == (BACKEND == "torch")


def test_auto_measures_and_changes_no_number(plain, tmp_path, monkeypatch):
    measured = at_once._step_seconds
    monkeypatch.setattr(at_once, "_step_seconds", lambda setup: 0.01 + 0 * measured(setup))
    chosen = Outcome(tmp_path, 12, steps_per_execution="auto")
    same(chosen, plain)
    taken = 5 if BACKEND == "tensorflow" else 1
    assert chosen.record["timing"]["steps_per_execution"] == taken
    assert chosen.record["config"]["train"]["steps_per_execution"] == "auto"


@pytest.mark.skipif(BACKEND != "tensorflow", reason="auto takes single steps")
@pytest.mark.parametrize(
    ("per_epoch", "test_every", "seconds", "are_heard", "taken"),
    [
        (144, None, 1e-3, False, 32),
        (144, None, 1e-2, False, 5),
        (7, None, 1e-3, False, 7),
        (144, None, 1.0, False, 1),
        (144, 10, 1e-3, False, 2),  # Tests of the model come when they are due.
        (144, None, 1e-3, True, 1),
    ],
)
def test_auto_chooses_what_lasts_a_moment(
    per_epoch, test_every, seconds, are_heard, taken, monkeypatch
):
    monkeypatch.setattr(at_once, "_step_seconds", lambda setup: seconds)
    train = Train(steps_per_execution="auto", test_every=test_every)
    setup: Any = SimpleNamespace(config=SimpleNamespace(train=train), steps_per_epoch=per_epoch)
    assert at_once.steps_at_once(setup, are_heard) == taken


def test_measuring_changes_no_number_though_weights_are_averaged_for_it(plain, tmp_path):
    measured = Outcome(tmp_path, test_every=5, steps_per_execution=2)
    same(measured, plain)
    tests = measured.table("tests")
    # After the two steps of an execution, one of which is due.
    due = [5, 10, 15, 20] if BACKEND == "torch" else [6, 10, 16, 20]
    assert [int(row["step"]) for row in tests] == due
    assert float(tests[-1]["error_rate"]) == plain.metrics["test_error"]


def test_the_speed_is_that_of_the_steps_that_compile_nothing(plain):
    timing = plain.record["timing"]
    images = 637 * 2 - 64 - 61  # Without the first step of each size.
    seconds = images / timing["train_images_per_second"]
    assert 0 < seconds < timing["train_seconds"]
    assert BACKEND == "torch" or seconds < timing["train_seconds"] / 2  # It compiles nothing.


@pytest.mark.slow
@pytest.mark.parametrize(
    "train",
    [
        # Weights so large that float16 overflows: the scale of the loss falls, and steps are left
        # out.
        {"precision": "mixed_float16", "class_weights": [3e3] * 10},
        {
            "optimizer": {
                **AVERAGED,
                "ema_overwrite_frequency": 3,
                "gradient_accumulation_steps": 3,
            }
        },
    ],
    ids=["loss scale", "overwritten and accumulated"],
)
def test_what_an_optimizer_keeps_is_kept_over_a_stop(train, tmp_path):
    train = {**train, "epochs": 3}
    whole = Outcome(tmp_path / "whole", **train)
    same(Outcome(tmp_path / "stopped", 25, **train), whole)
    # The averages are what every figure is of.
    assert whole.history[-1]["val_loss"] == whole.metrics["val_loss"]


@pytest.mark.slow
def test_best_weights_are_averages_under_a_loss_scale_too(tmp_path):
    # The rate explodes after the first epoch.
    train = {
        "precision": "mixed_float16",
        "schedule": {"name": "step", "at": [0.5], "factor": 3000.0},
    }
    best = Outcome(tmp_path / "best", best_weights="val_loss", **train)
    assert best.metrics["best_epoch"] == 1
    assert best.history[0]["learning_rate"] == pytest.approx(0.01)
    first = Outcome(tmp_path / "first", stop_after=1, **train)
    assert first.history == best.history[:1]
    np.testing.assert_array_equal(best.answers, first.answers)


def test_steps_do_not_copy_the_state_that_jax_trains(plain):
    # Predictions and the ends of epochs do, 31 times; `Callback.model` would at each of 20 steps.
    assert plain.copied < 40


def test_the_record_names_the_backend_and_its_version(plain):
    from importlib.metadata import version

    environment = json.loads((plain.folder / "record.json").read_text())["environment"]
    assert environment["backend"] == BACKEND
    assert environment[BACKEND] == version(BACKEND)
    others = {"tensorflow", "jax", "torch"} - {BACKEND}
    assert not others & set(environment)
    assert all(":" in device for device in environment["devices"]) and environment["devices"]


def test_a_type_of_numbers_that_cannot_be_is_told_in_a_line(tmp_path):
    with pytest.raises(seqvision.SeqvisionError, match=r"cannot be built .* in bfloat16"):
        Outcome(tmp_path, precision="bfloat16")
