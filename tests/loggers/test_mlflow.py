"""What arrives in MLflow's store, read by MLflow's own client, is what the record says."""

import json
import logging
import shutil

import pytest
from logged_runs import CONFIG, curves, finals

import seqvision
from seqvision.loggers.base import Run
from seqvision.loggers.chosen import build_logger, prepare
from seqvision.runs.replay import log_all

pytest.importorskip("mlflow")


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A store that was prepared, which takes seconds, for tests to copy."""
    results = tmp_path_factory.mktemp("store")
    prepare(["mlflow"], results)
    return results / "mlflow.db"


def client_of(path):
    from mlflow import MlflowClient

    return MlflowClient(f"sqlite:///{path}")


def runs(client):
    (experiment,) = (e for e in client.search_experiments() if e.name == "seqvision")
    return client.search_runs([experiment.experiment_id])


def agree(client, logged, record):
    for name, points in curves(record.folder).items():
        history = client.get_metric_history(logged.info.run_id, name)
        assert sorted((m.step, m.value) for m in history) == points, name
    assert logged.data.metrics.items() >= finals(record).items()
    assert logged.info.status == "FINISHED" and logged.info.run_name == record["run_id"]
    parameters = {"seed": str(record["seed"]), "model.units": "[4]", "train.optimizer": "adam"}
    assert logged.data.params.items() >= parameters.items()


def test_a_record_is_logged_once(trained, tmp_path, empty):
    shutil.copytree(trained.folder, tmp_path / trained["run_id"])
    shutil.copyfile(empty, tmp_path / "mlflow.db")
    assert [log_all(tmp_path, ["mlflow"])[0]["logged"] for _ in range(2)] == [1, 0]
    client = client_of(tmp_path / "mlflow.db")
    (logged,) = runs(client)
    agree(client, logged, trained)
    # A run that failed is said to have.
    path = tmp_path / trained["run_id"] / "record.json"
    failed = trained | {"status": "failed", "seed": 1, "error": "the loss became NaN"}
    path.write_text(json.dumps(failed | {"timing": {**trained["timing"], "started": "2020-01-01"}}))
    assert log_all(tmp_path, ["mlflow"])[0]["logged"] == 1
    assert sorted(each.info.status for each in runs(client)) == ["FAILED", "FINISHED"]


def test_a_run_that_was_cut_short_is_replaced(tmp_path, empty):
    shutil.copyfile(empty, tmp_path / "mlflow.db")
    client = client_of(tmp_path / "mlflow.db")
    ids = []
    for started, folder in (("2026-01-01", "a"), ("2026-01-02", "a"), ("2026-01-03", "b")):
        logger = build_logger("mlflow", tmp_path)
        sections = {"data": {}, "model": {}, "train": {}}
        logger.begin(Run("small/0-s0", "small", 0, tmp_path / folder, sections, started))
        ids.append(logger.id)
        logger.end(None)
    left = runs(client)
    # That of another folder, which has the same id, is left alone.
    assert {each.info.run_id for each in left} == set(ids[1:])
    assert {each.info.status for each in left} == {"KILLED"}


def test_two_workers_log_to_one_new_store(tmp_path, caplog):
    to = f"mlflow:uri=sqlite:///{tmp_path / 'of' / 'two.db'}"
    with caplog.at_level(logging.WARNING):
        records = seqvision.run(CONFIG, seeds=[0, 1], jobs=2, results=tmp_path, loggers=[to])
    assert "failed and hears no more" not in caplog.text
    client = client_of(tmp_path / "of" / "two.db")
    logged = {each.info.run_name: each for each in runs(client)}
    for record in records:
        agree(client, logged.pop(record["run_id"]), record)
    assert not logged
