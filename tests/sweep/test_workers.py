"""Worker processes are kept, replaced and ended, whatever they perform."""

import os
import subprocess
import sys

import pytest

from seqvision.sweep import workers
from seqvision.sweep.workers import Workers

WORKER = """
import json, os, signal, sys
for line in sys.stdin:
    order, answer = json.loads(line), None
    if "stop" in order:
        print(json.dumps({"event": "stopped"}), flush=True)
        continue
    does = order["does"]
    print(does, file=sys.stderr, flush=True)
    if does == "failed":  # As a library of another encoding may.
        os.write(2, b"\\xe9\\n")
    if does == "asks":
        print(json.dumps({"event": "ask"}), flush=True)
        answer = json.loads(sys.stdin.readline())
    if does == "dies" or (does == "dies once" and not os.path.exists("died")):
        open("died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    how = {"event": does if does == "failed" else "finished", "answer": answer}
    print(json.dumps({**how, "pid": os.getpid()}), flush=True)
    if does == "ends":
        break
"""


@pytest.fixture
def perform(monkeypatch, tmp_path):
    """Have the one worker there is do something; it is a process that imports nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "AVAILABLE", False)
    command = [sys.executable, "-c", WORKER]
    monkeypatch.setattr(
        workers,
        "spawn",
        lambda i, o, e: subprocess.Popen(command, stdin=i, stdout=o, stderr=e).wait,
    )
    (tmp_path / "run").mkdir()
    pool, heard = Workers(), []

    def perform(does, threads="auto"):
        config = {"train": {"threads": threads}}
        order = {"run_id": "run", "results": str(tmp_path), "config": config, "cores": 1}

        def listen(event):
            heard.append(event.get("message", event["event"]))
            return "enough"

        return pool.perform({**order, "does": does}, listen)

    perform.pool, perform.heard = pool, heard
    yield perform
    pool.close()


def test_a_worker_is_kept_for_runs_of_the_same_settings(perform):
    first = perform("runs")
    assert perform("asks") == {**first, "answer": "enough"}
    other = perform("runs", threads={"inter_op": 1, "intra_op": 1})
    assert other["pid"] != first["pid"]
    with pytest.raises(ProcessLookupError):  # As there is one place only.
        os.kill(first["pid"], 0)


def test_one_that_has_ended_is_replaced_without_a_word(perform):
    assert perform("ends")["pid"] != perform("runs")["pid"]
    assert perform.heard == []


def test_a_run_is_tried_again_where_an_earlier_one_may_be_to_blame(perform):
    perform("runs")
    assert perform("dies once")["event"] == "finished"
    (warning,) = perform.heard
    assert warning == "run: its process was killed by signal 9; it is tried again"


def test_a_run_that_ends_its_process_has_failed(perform, tmp_path):
    perform("runs")
    last = perform("dies")
    assert (last["event"], last["message"]) == ("failed", "run: its process was killed by signal 9")
    assert (tmp_path / "run" / "run.log").read_text() == "dies\n"
    assert perform("failed")["log"] == str(tmp_path / "run" / "run.log")
    assert perform("failed")["event"] == "failed"
    assert (tmp_path / "run" / "run.log").read_text("utf-8") == "failed\n\ufffd\n"  # Of it alone.


def test_what_is_stopped_takes_no_other_run(perform):
    perform("runs")
    perform.pool.stop()
    assert perform("runs")["event"] == "stopped"
