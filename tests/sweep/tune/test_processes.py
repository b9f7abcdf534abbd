"""Searches whose runs are real, in processes of their own, killed and taken up again."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [8], "dropout": 0.2},
    "train": {
        "epochs": 3,
        "batch_size": 64,
        "optimizer": {"name": "adam", "learning_rate": 0.01},
        "schedule": {"name": "one_cycle"},
    },
    "tune": {
        "oracle": "hyperband",
        "trials": 4,
        "space": {
            "model.cell": {"choice": ["gru", "lstm"]},
            "train.optimizer.learning_rate": {"float": [1e-3, 3e-2], "log": True},
        },
    },
}
COMMAND = [sys.executable, "-m", "seqvision.cli", "tune", "small.yaml", "--json"]
OF_TIME = ("seconds",)


def begin(folder, *more, config=CONFIG):
    (folder / "small.yaml").write_text(json.dumps(config))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([*COMMAND, *more], cwd=folder, process_group=0, **pipes)


def end(process):
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "Traceback" not in err and "tensorflow" not in err.lower()
    return json.loads(out)


def table(folder):
    with (folder / "results" / "small-tune" / "trials.csv").open(newline="") as file:
        return [{k: v for k, v in row.items() if k not in OF_TIME} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, end(begin(folder))


@pytest.mark.slow
def test_a_search_killed_three_times_equals_one_never_killed(undisturbed, tmp_path):
    """Hyperband, the fourth trial going on from another; killed within a run and between runs."""
    folder, found = undisturbed
    log = tmp_path / "results" / "small-tune" / "log.jsonl"
    for lines in (2, 5, 8):
        process = begin(tmp_path)
        deadline = time.monotonic() + 300
        while not log.exists() or len(log.read_text().splitlines()) < lines:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        if lines == 5:
            time.sleep(3)  # In the middle of a run.
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    again = end(begin(tmp_path))
    assert table(tmp_path) == table(folder)
    assert again["verdict"] == found["verdict"] and again["values"] == found["values"]


@pytest.mark.slow
def test_a_promoted_trial_is_what_it_would_have_been_from_the_beginning(undisturbed, tmp_path):
    """The record of a trial that went on after another's epochs, against its config run alone."""
    folder, _ = undisturbed
    promoted = next(row for row in table(folder) if row["after"])
    assert int(promoted["epochs_saved"]) > 0
    run = folder / "results" / promoted["run_id"]
    command = [*COMMAND[:3], "run", str(run / "config.yaml"), "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    (alone,) = json.loads(done.stdout)
    trial = json.loads((run / "record.json").read_text())
    for metric in ("val_accuracy", "val_loss", "epochs"):
        assert alone["metrics"][metric] == trial["metrics"][metric]


@pytest.mark.slow
def test_the_best_trial_is_measured_as_if_trained_anew_but_is_not(undisturbed, tmp_path):
    folder, _ = undisturbed
    (file,) = folder.glob("results/small-tuned/*/record.json")
    tuned = json.loads(file.read_text())
    trials = (folder / "results" / row["run_id"] for row in table(folder))
    trained = [json.loads((run / "record.json").read_text())["timing"] for run in trials]
    assert tuned["timing"]["train_seconds"] in [timing["train_seconds"] for timing in trained]
    best = folder / "results" / "small-tune" / "best.yaml"
    command = [*COMMAND[:3], "run", str(best), "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    (alone,) = json.loads(done.stdout)
    assert alone["metrics"] == tuned["metrics"]


@pytest.mark.slow
def test_the_median_rule_reaches_into_a_run(tmp_path):
    tune = {"oracle": "grid", "median_stop": {"trials": 1}}
    tune["space"] = {"train.optimizer.learning_rate": {"choice": [0.03, 1e-5]}}
    end(begin(tmp_path, config={**CONFIG, "tune": tune}))
    good, hopeless = table(tmp_path)
    assert (good["status"], good["epochs"]) == ("finished", "3")
    assert (hopeless["status"], hopeless["epochs"]) == ("stopped", "1")
    assert "median rule: val_accuracy was" in hopeless["message"]


@pytest.mark.slow
def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(tmp_path):
    config = {**CONFIG, "tune": {**CONFIG["tune"], "oracle": "random", "trials": 1}}
    process = begin(tmp_path, config=config)
    deadline = time.monotonic() + 300
    while not list(tmp_path.glob("results/small-tune-t001/*/checkpoint.npz")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # As a terminal does: to parent and children alike.
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "the same command goes on" in err and "Traceback" not in err
    assert [row["trial"] for row in end(begin(tmp_path, config=config))["trials"]] == [1]
