"""What Weights & Biases would send, read from its own files, is what the record says."""

import json
import shutil
import struct
import time

import pytest
from logged_runs import CONFIG, curves, finals

import seqvision
from seqvision.loggers.base import Run
from seqvision.loggers.chosen import build_logger
from seqvision.runs.replay import log_all

pytest.importorskip("wandb")


def records_of(path):
    """The records of a `.wandb` file: a LevelDB log of 32 KiB blocks after a header of 7 bytes."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, whole = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if (left := -at % 32768) and left < 7:  # The rest of a block that no header fits in.
            at += left
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # All of a record, or its last part.
            yield Record.FromString(whole)
            whole = b""


def all_of(path):
    """The same with their kinds, once the process that writes them has written the last."""
    for _ in range(200):
        found = [(record.WhichOneof("record_type"), record) for record in records_of(path)]
        if "exit" in dict(found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{path} has no end")


def read(path):
    """The config, `{name: [(step, value), …]}` and summary of a run's file."""
    config, history, summary = {}, {}, {}
    for kind, record in all_of(path):
        if kind == "run":
            config = {each.key: json.loads(each.value_json) for each in record.run.config.update}
        elif kind == "history":
            row = {
                each.key or "/".join(each.nested_key): json.loads(each.value_json)
                for each in record.history.item
            }
            for name, value in row.items():
                history.setdefault(name, []).append((record.history.step.num, value))
        elif kind == "summary":
            summary |= {
                each.key or each.nested_key[0]: json.loads(each.value_json)
                for each in record.summary.update
            }
    return config, history, summary


def files(results):
    return list((results / "wandb").glob("offline-run-*/*.wandb"))


def agree(path, record):
    config, history, summary = read(path)
    assert config["train.batch_size"] == 256 and config["seed"] == record["seed"]
    for name, points in curves(record.folder).items():
        assert history[name] == points, name
    assert summary.items() >= finals(record).items()
    assert summary["status"] == "finished"


@pytest.fixture(autouse=True)
def of_nobody(monkeypatch):
    for name in ("WANDB_MODE", "WANDB_DIR", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def test_a_record_is_logged_once(trained, tmp_path):
    shutil.copytree(trained.folder, tmp_path / trained["run_id"])
    assert [log_all(tmp_path, ["wandb"])[0]["logged"] for _ in range(2)] == [1, 0]
    (path,) = files(tmp_path)
    agree(path, trained)


def test_a_run_is_logged_as_it_goes(tmp_path):
    record = seqvision.run(CONFIG, seed=0, results=tmp_path, loggers=["wandb"])
    (path,) = files(tmp_path)
    agree(path, record)
    assert log_all(tmp_path, ["wandb"])[0]["logged"] == 0


def test_a_run_that_was_cut_short_is_replaced(tmp_path):
    for started in ("2026-01-01", "2026-01-02"):
        logger = build_logger("wandb", tmp_path)
        sections = {"data": {}, "model": {}, "train": {}}
        run = Run("small/0-s0", "small", 0, tmp_path / "a", sections, started)
        logger.begin(run)
        logger.end(None)
        assert not logger.has(run)
    (path,) = files(tmp_path)
    assert read(path)[0]["started"] == "2026-01-02"
