"""Runs in processes of their own: the same numbers, and nothing lost to a kill or to company."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import seqvision
from seqvision.cores import available_cores
from seqvision.runs.record import RunRecord

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [8], "dropout": 0.2},
    "train": {"epochs": 2, "batch_size": 64, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    "grid": {"model.cell": ["gru", "lstm"]},
}
COMMAND = [sys.executable, "-m", "seqvision.cli", "run", "small.yaml", "--json", "--seeds"]


def command(folder, *more, seeds="0-1"):
    (folder / "small.yaml").write_text(json.dumps(CONFIG))
    return {"args": [*COMMAND, seeds, *more], "cwd": folder, "stdout": subprocess.PIPE}


def records(text):
    return {record["run_id"]: record for record in json.loads(text)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    done = subprocess.run(**command(folder, "--jobs", "2"), text=True, check=True, timeout=300)
    found = records(done.stdout)
    return {run: RunRecord(folder / "results" / run, found[run]) for run in found}


def same(found, expected):
    assert {name: r["metrics"] for name, r in found.items()} == {
        name: r["metrics"] for name, r in expected.items()
    }


def test_every_point_and_seed_has_its_record(undisturbed):
    assert {(r["name"], r["seed"]) for r in undisturbed.values()} == {
        ("small-gru", 0),
        ("small-gru", 1),
        ("small-lstm", 0),
        ("small-lstm", 1),
    }
    assert len({r["metrics"]["test_loss"] for r in undisturbed.values()}) == 4
    cores = available_cores()
    for record in undisturbed.values():
        assert record["environment"]["threads"]["inter_op"] == max(1, cores // 2)


@pytest.mark.slow
def test_where_nothing_forks_processes_of_their_own_give_the_same(
    undisturbed, tmp_path, monkeypatch
):
    """As on Windows and macOS, in a folder whose name no ASCII has."""
    monkeypatch.setattr("seqvision.sweep.workers.AVAILABLE", False)
    found = seqvision.run([CONFIG], seeds=[1], jobs=2, results=tmp_path / "ö 模")
    for record in found:
        assert record["metrics"] == undisturbed[record["run_id"]]["metrics"]
        assert (record.folder / "model.keras").exists()


def test_a_worker_is_kept_and_each_run_in_it_is_as_if_alone(undisturbed, tmp_path):
    """Runs of the second seed come second in their process. Bit for bit, and by the same names."""
    here = seqvision.run([CONFIG], seed=1, results=tmp_path)
    assert len(here) == 2
    for alone in here:
        kept = undisturbed[alone["run_id"]]
        assert kept["metrics"] == alone["metrics"]
        expected = np.load(alone.folder / "predictions.npz")["probabilities"]
        found = np.load(kept.folder / "predictions.npz")["probabilities"]
        assert np.array_equal(found, expected)
        first = undisturbed[alone["run_id"].replace("-s1", "-s0")]
        assert names_in(kept) == names_in(first)


def names_in(record):
    """What Keras calls the parts of a run's model; it counts the names that it gives itself."""
    with zipfile.ZipFile(record.folder / "model.keras") as archive:
        return re.findall(r'"name": "[^"]*"', archive.read("config.json").decode())


@pytest.mark.slow
def test_killed_and_beside_another_it_loses_and_repeats_nothing(undisturbed, tmp_path):
    sweep = subprocess.Popen(**command(tmp_path, "--jobs", "2"))
    wait_for(lambda: finished_in(tmp_path))
    os.kill(sweep.pid, signal.SIGKILL)
    sweep.wait()
    before = {path: path.stat().st_mtime_ns for path in finished_in(tmp_path)}
    assert 0 < len(before) < 4
    two = [subprocess.Popen(**command(tmp_path), text=True) for _ in range(2)]
    for sweep in two:
        out, _ = sweep.communicate(timeout=300)
        assert sweep.returncode == 0
        same(records(out), undisturbed)
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())


def finished_in(folder):
    return list(folder.glob("results/*/*/record.json"))


def started_in(folder):
    return len(list(folder.glob("results/*/*/checkpoint.npz")))


def wait_for(happened):
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_parent_takes_its_processes_with_it(tmp_path):
    sweep = subprocess.Popen(**command(tmp_path, "--jobs", "2"))
    wait_for(lambda: len(workers(sweep.pid)) == 2)
    left = [*children(sweep.pid), *workers(sweep.pid)]
    os.kill(sweep.pid, signal.SIGKILL)
    sweep.wait()
    wait_for(lambda: not any(alive(pid) for pid in left))


def workers(pid):
    """The workers of a sweep, which are forks of its only child."""
    return [worker for forks in children(pid) for worker in children(forks)]


def children(pid):
    return [
        int(path.name) for path in Path("/proc").glob("[0-9]*") if _stat(path)[1:] == [str(pid)]
    ]


def alive(pid):
    return _stat(Path(f"/proc/{pid}"))[0] not in "Z"


def _stat(path):
    """The state of a process and its parent; `[""]` when it is gone."""
    try:
        return (path / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return [""]


@pytest.mark.slow
def test_a_process_that_dies_is_a_failed_run_with_its_log(tmp_path):
    """A worker that is killed is told of, the others end well, and the exit code is 1."""
    two_runs = command(tmp_path, "--jobs", "2", seeds="0")
    sweep = subprocess.Popen(**two_runs, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(workers(sweep.pid)) == 2)
    os.kill(workers(sweep.pid)[0], signal.SIGKILL)
    out, err = sweep.communicate(timeout=300)
    assert sweep.returncode == 1
    assert len(records(out)) == 1
    assert "its process was killed by signal 9" in err and "1 of 2 runs" in err


def test_an_exception_is_in_the_log_before_the_pipe_closes(tmp_path):
    """When the pipe closes the parent ends the process, however far it is with its traceback."""
    worker, log = [sys.executable, "-m", "seqvision.sweep.worker"], tmp_path / "log"
    with log.open("w") as stderr:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": stderr}
        process = subprocess.Popen(worker, **pipes)
        process.stdin.write(b'{"run_id": "an order without an asks"}\n')
        process.stdin.flush()
        assert process.stdout.read() == b""
        assert "KeyError: 'asks'" in log.read_text()
        process.communicate()
    assert process.returncode == 1


@pytest.mark.slow
def test_ctrl_c_ends_cleanly(tmp_path):
    sweep = subprocess.Popen(
        **command(tmp_path, "--jobs", "2"), stderr=subprocess.PIPE, text=True, process_group=0
    )
    wait_for(lambda: started_in(tmp_path))
    left = [*children(sweep.pid), *workers(sweep.pid)]
    assert len(left) == 3
    os.killpg(sweep.pid, signal.SIGINT)  # As a terminal does: to parent and children alike.
    _, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 130
    wait_for(lambda: not any(alive(pid) for pid in left))
    assert "the same command goes on" in err and "Traceback" not in err
