"""A run is of its data too: files that are replaced make another run, and nothing is lost."""

import logging
import os

import numpy as np
import pytest

import seqvision
from seqvision.config import load_config
from seqvision.config.schema import Data
from seqvision.runs import finished as finished_module
from seqvision.runs.progress import Progress
from seqvision.runs.record import run_id
from seqvision.runs.run import perform
from seqvision.sweep.plan import plan


def write(path, seed, count=80):
    generator = np.random.default_rng(seed)
    y = np.arange(count) % 2
    x = generator.integers(0, 256, (count, 4, 4), np.uint8)
    np.savez(path, x=x, y=y)


@pytest.fixture
def config(tmp_path):
    write(tmp_path / "mine.npz", seed=0)
    return {
        "name": "mine",
        "data": {"dataset": {"name": "npz", "path": str(tmp_path / "mine.npz")}},
        "model": {"family": "stacked", "units": [4]},
        "train": {"epochs": 3, "batch_size": 32},
    }


class Stop(Progress):
    def epoch(self, row):
        if row["epoch"] == 2:
            raise KeyboardInterrupt


def test_files_that_are_replaced_make_another_run_and_both_are_kept(config, tmp_path, caplog):
    results, file = tmp_path / "results", tmp_path / "mine.npz"
    first = seqvision.run(config, results=results)
    assert seqvision.run(config, results=results) == first
    write(file, seed=1)
    (planned,) = plan([load_config(config)], None, results)
    assert planned.status == "of other data" and not planned.done
    second = seqvision.run(config, results=results)
    assert second["dataset"]["checksum"] != first["dataset"]["checksum"]
    assert second["metrics"] != first["metrics"]
    aside = f"{first['run_id']}-{first['dataset']['checksum'][:8]}"
    assert f"kept as {aside.partition('/')[2]}" in caplog.text

    table = seqvision.load_records(results).set_index("run_id")
    assert list(table.index) == [second["run_id"], aside]
    assert table.loc[aside, "test_loss"] == first["metrics"]["test_loss"]
    rows = seqvision.compare(seqvision.load_records(results))
    assert len(rows) == 2 and rows["checksum"].nunique() == 2

    write(file, seed=0)  # The first again: it is taken back, and not trained anew.
    back = seqvision.run(config, results=results)
    assert back == first
    assert len(seqvision.load_records(results)) == 2


def test_the_same_bytes_written_again_are_the_same_data(config, tmp_path):
    first = seqvision.run(config, results=tmp_path)
    os.utime(tmp_path / "mine.npz", (1, 1))
    assert seqvision.run(config, results=tmp_path) == first


def test_files_that_are_as_they_were_are_not_read(config, tmp_path, monkeypatch):
    first = seqvision.run(config, results=tmp_path)
    monkeypatch.setattr(finished_module, "checksum_today", None)
    assert seqvision.run(config, results=tmp_path) == first


def test_a_record_stands_when_its_data_is_gone(config, tmp_path, caplog):
    first = seqvision.run(config, results=tmp_path)
    (tmp_path / "mine.npz").unlink()
    assert seqvision.run(config, results=tmp_path) == first
    assert "its data is gone" in caplog.text


def test_a_record_of_a_dataset_that_is_not_here_stands(caplog):
    of = {"name": "cifar10", "asked_for": "cifar10", "checksum": "of all of it"}
    assert finished_module.of_today({"dataset": of}, Data(dataset="cifar10"))
    assert not caplog.text


@pytest.mark.slow
def test_a_checkpoint_of_other_data_is_not_gone_on_from(config, tmp_path):
    results, file = tmp_path / "results", tmp_path / "mine.npz"
    with pytest.raises(KeyboardInterrupt):
        seqvision.run(config, results=results, progress=Stop())
    write(file, seed=1)
    resumed = seqvision.run(config, results=results)
    anew = seqvision.run(config, results=tmp_path / "anew")
    assert resumed["metrics"] == anew["metrics"]
    # What was begun on the first data goes on once they are back.
    write(file, seed=0)
    started = []

    class Started(Progress):
        def start(self, title, total_steps, done_steps):
            started.append(done_steps)

    seqvision.run(config, results=results, progress=Started())
    assert started == [4]


def test_a_run_does_not_begin_with_what_another_learned_of_other_data(config, tmp_path, caplog):
    caplog.set_level(logging.INFO, "seqvision")
    first = seqvision.run(config, results=tmp_path / "first")
    write(tmp_path / "mine.npz", seed=1)
    seqvision.run(config, overrides="train.epochs=4", results=tmp_path / "first")
    assert not caplog.text  # A shorter run of other data is none to go on from.
    second = perform(load_config(config), 0, tmp_path / "second", begin_with=first.folder)
    assert "of other data; the run begins anew" in caplog.text
    anew = seqvision.run(config, results=tmp_path / "anew")
    assert second["metrics"] == anew["metrics"]


def test_a_record_of_what_stood_in_gives_way_to_the_dataset_itself(tmp_path, monkeypatch):
    """The stand-in is MNIST's 5,000 digits; then a folder with all of it, made up, is there."""
    from seqvision.data import load

    config = load_config(
        {
            "name": "small",
            "data": {"dataset": "mnist", "offline": "digits"},
            "model": {"family": "stacked", "units": [2]},
            "train": {"epochs": 1, "batch_size": 500},
        }
    )
    digits = load("digits")
    of = {"name": "digits", "asked_for": "mnist", "checksum": digits.checksum}
    record = {"run_id": run_id(config, 0), "dataset": of}
    assert finished_module.of_today(record, config.data)
    monkeypatch.setattr(finished_module, "checksum_today", lambda *_: "all of MNIST")
    assert not finished_module.of_today(record, config.data)


@pytest.mark.slow
def test_a_checkpoint_of_another_backend_or_form_is_left_and_said(config, tmp_path, caplog):
    folder = tmp_path / run_id(load_config(config), 0)
    with pytest.raises(KeyboardInterrupt):
        seqvision.run(config, results=tmp_path, progress=Stop())
    checkpoint = folder / "checkpoint.npz"
    with np.load(checkpoint) as archive:
        arrays = dict(archive)
    state = arrays["state"].tobytes()
    expected = seqvision.run(config, results=tmp_path / "anew")
    damages = {
        "of the backend other": {"state": state.replace(b'"tensorflow"', b'"other"')},
        "of another version": {"state": state.replace(b'"epochs"', b'"rounds"')},
        "damaged, or of another model": {"variable_0": np.zeros(3)},
    }
    for said, damage in damages.items():
        changed = {k: np.frombuffer(v, np.uint8) if k == "state" else v for k, v in damage.items()}
        np.savez(checkpoint, **(arrays | changed))
        record = seqvision.run(config, results=tmp_path)
        assert said in caplog.text
        assert record["metrics"] == expected["metrics"]
        (folder / "record.json").unlink()
