"""Runs that go on from a shorter one, and runs that an earlier version has named."""

import json
import logging

import pytest

import seqvision
from seqvision.config import load_config
from seqvision.runs.progress import Progress
from seqvision.runs.shorter import shorter_run
from seqvision.sweep.plan import plan

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "cell": "simple_rnn", "units": [8], "dropout": 0.2},
    "train": {
        "batch_size": 256,
        "optimizer": {"name": "adam", "learning_rate": 0.01, "use_ema": True},
        "augment": {"shift": 0.1},
        "best_weights": "val_loss",
    },
}


def config(**train):
    return {**CONFIG, "train": {**CONFIG["train"], **train}}


class Began(Progress):
    done = None

    def start(self, title, total_steps, done_steps):
        self.total, self.done = total_steps, done_steps


@pytest.fixture
def run(tmp_path, caplog):
    """Run in one folder; return the record, the steps that were done already, and what was said."""
    caplog.set_level(logging.INFO, "seqvision")

    def perform(force=False, **train):
        caplog.clear()
        began, results = Began(), tmp_path / "results"
        record = seqvision.run(config(**train), results=results, force=force, progress=began)
        return record, began.done, caplog.text

    return perform


def test_a_longer_run_goes_on_from_the_longest_shorter_one(run, tmp_path):
    run(epochs=1)
    _, done, said = run(epochs=2)
    assert done == 5 and "after its 1 epoch\n" in said  # 1,237 images make 5 batches of 256.
    longer, done, said = run(epochs=4)
    assert done == 10 and "after its 2 epochs" in said
    steps = (longer.folder / "steps.csv").read_text()
    whole, done, _ = run(epochs=4, force=True)
    assert done == 0
    assert longer["metrics"] == whole["metrics"]
    assert (whole.folder / "steps.csv").read_text() == steps


@pytest.mark.slow
def test_with_a_schedule_it_goes_on_only_within_the_same_span(run):
    cosine = {"schedule": {"name": "cosine"}}
    run(epochs=2, **cosine)
    _, done, said = run(epochs=3, **cosine)
    assert done == 0 and "scheduled for 2 epochs, not 3" in said
    run(epochs=4, stop_after=1, **cosine)
    _, done, said = run(epochs=4, **cosine)
    assert done == 5 and "after its 1 epoch\n" in said


def test_why_it_begins_anew_is_said(run, caplog):
    record, _, _ = run(epochs=2)
    path = record.folder / "record.json"

    def said(seed=0, **train):
        longer = load_config(config(**train))
        folder = record.folder.with_name(f"{longer.hash}-s{seed}")
        caplog.clear()
        assert shorter_run(folder, longer, seed, record["dataset"]["checksum"]) is None
        return caplog.text

    assert "did not measure the test error every 2 steps" in said(epochs=3, test_every=2)
    path.write_text(json.dumps(record | {"status": "failed"}))
    assert "does not go on from" in said(epochs=3) and "it failed" in said(epochs=3)
    elsewhere = record["environment"] | {"backend": "another"}
    path.write_text(json.dumps(record | {"environment": elsewhere}))
    assert "it ran on the backend another" in said(epochs=3)
    path.write_text(json.dumps(record))
    path.with_name("checkpoint.npz").unlink()
    assert "kept no checkpoint" in said(epochs=3)
    # Not the same but for its length.
    assert not said(epochs=3, batch_size=128) and not said(epochs=3, seed=1)


def test_a_run_that_stopped_itself_is_not_gone_on_from(run):
    run(epochs=2, target_val_accuracy=0.01)
    _, done, said = run(epochs=3, target_val_accuracy=0.01)
    assert done == 0 and "it ended early: validation accuracy" in said


def test_runs_of_an_earlier_version_are_found_and_renamed(run, tmp_path):
    """It hashed all options; a folder's name alone told which run it held."""
    record, _, _ = run(epochs=1)
    home = tmp_path / "results" / "small"
    new = record["config_hash"]
    for seed in (0, 1):
        former = home / f"f140984c-s{seed}"
        (home / f"{new}-s0").rename(former) if seed == 0 else former.mkdir()
        content = record | {"run_id": f"small/{former.name}", "config_hash": "f140984c"}
        (former / "record.json").write_text(json.dumps(content | {"seed": seed}))
    unreadable = home / "0123abcd-s0"
    unreadable.mkdir()
    (unreadable / "config.yaml").write_text("model: {family: of_another_package}")

    planned = plan([load_config(config(epochs=1))], [0, 1, 2], tmp_path / "results")
    assert [each.status for each in planned] == ["finished", "finished", "to do"]
    again, _, _ = run(epochs=1)
    assert again == record
    names = sorted(path.name for path in home.iterdir() if path.is_dir())
    assert names == sorted(["0123abcd-s0", f"{new}-s0", f"{new}-s1"])


def test_a_former_run_is_found_without_a_plan(run, tmp_path):
    record, _, _ = run(epochs=1)
    folder = tmp_path / "results" / record["run_id"]
    folder.rename(folder.with_name("f140984c-s0"))
    again = seqvision.run(config(epochs=1), results=tmp_path / "results")
    assert again == record
