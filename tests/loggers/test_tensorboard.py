"""TensorBoard's own plug-in finds a run's options and numbers on the HParams page."""

import json
import shutil
import subprocess
import sys

import pytest
from logged_runs import CONFIG, curves, finals
from tensorboard.backend import application
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
from werkzeug.test import Client

from seqvision.cli import seqvision
from seqvision.sweep.local import Local

LOG = """
import sys
sys.modules["tensorflow"] = None
from pathlib import Path
from seqvision.runs.replay import log_all
print(log_all(Path(sys.argv[1]), ["tensorboard"])[0]["logged"])
"""


def rows(results):
    """What the page shows of a results folder: a row for each config."""
    found = EventMultiplexer().AddRunsFromDirectory(str(results)).Reload()
    provider = MultiplexerDataProvider(found, str(results))
    context = TBContext(logdir=str(results), multiplexer=found, data_provider=provider)
    client = Client(application.TensorBoardWSGI([HParamsPlugin(context)], data_provider=provider))
    statuses = ["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING", "STATUS_UNKNOWN"]
    asked = {"startIndex": 0, "sliceSize": 9, "allowedStatuses": statuses, "colParams": []}
    answer = client.post("/data/plugin/hparams/session_groups", data=json.dumps(asked))
    return json.loads(answer.text)["sessionGroups"]


def test_the_page_has_the_options_and_numbers_of_a_run_once(trained, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(trained.folder, results / trained["run_id"])
    command = [sys.executable, "-c", LOG, results]
    for logged in ("1", "0"):  # Without TensorFlow.
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.stdout.strip() == logged, done.stderr
    (row,) = rows(results)
    assert row["name"] == trained["run_id"].removesuffix("-s0")
    assert row["hparams"]["train.batch_size"] == 256 and row["hparams"]["model.units"] == "[4]"
    (session,) = row["sessions"]
    assert session["status"] == "STATUS_SUCCESS"
    found = {each["name"]["tag"]: each["value"] for each in session["metricValues"]}
    for name, value in finals(trained).items():
        assert found[name] == pytest.approx(value, rel=1e-6), name
    # The curves were there, and are not there twice.
    assert_curves(results, trained)


def assert_curves(results, record):
    events = EventAccumulator(str(results / record["run_id"] / "tensorboard"), {"scalars": 0})
    events.Reload()
    for name, points in curves(record.folder).items():
        found = events.Scalars(name)
        assert [each.step for each in found] == [step for step, _ in points]
        assert [each.value for each in found] == pytest.approx([value for _, value in points])


def test_a_record_without_curves_gets_them_from_its_tables(trained, tmp_path):
    ignored = shutil.ignore_patterns("tensorboard")
    shutil.copytree(trained.folder, tmp_path / trained["run_id"], ignore=ignored)
    seqvision.main(["log", str(tmp_path), "--to", "tensorboard"], standalone_mode=False)
    assert_curves(tmp_path, trained)


def test_runs_of_workers_are_on_the_page_when_they_have_ended(
    tmp_path, performed_here, monkeypatch
):
    monkeypatch.setattr(Local, "__call__", performed_here)
    (tmp_path / "small.yaml").write_text(json.dumps(CONFIG))
    arguments = ["run", str(tmp_path / "small.yaml"), "--results", str(tmp_path / "results")]
    more = ["--log", "tensorboard", "--seeds", "0-1", "--quiet"]
    seqvision.main([*arguments, *more], standalone_mode=False)
    (row,) = rows(tmp_path / "results")
    assert len(row["sessions"]) == 2
    found = [json.loads(p.read_text()) for p in (tmp_path / "results").glob("*/*/record.json")]
    (accuracy,) = (m for m in row["metricValues"] if m["name"]["tag"] == "test_accuracy")
    mean = sum(record["metrics"]["test_accuracy"] for record in found) / 2
    assert accuracy["value"] == pytest.approx(mean)
