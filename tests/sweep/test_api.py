"""What `seqvision.run` hands on and gives back; training itself is tests/runs/'s."""

from contextlib import nullcontext
from types import SimpleNamespace

import keras
import pytest
from slow import all_but

from seqvision.config import load_config
from seqvision.errors import ConfigError, RunFailed, SeqvisionError
from seqvision.runs.progress import Progress
from seqvision.runs.record import RunRecord, read_record
from seqvision.sweep import api
from seqvision.sweep.schedule import Outcome

DIGITS = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [4]},
    "train": {"epochs": 3, "batch_size": 256, "seeds": [0, 5]},
}


@pytest.fixture
def asked(monkeypatch):
    """What `perform` was asked for, in place of training; seed 13 fails."""
    found = []

    def perform(config, seed, results, **more):
        found.append(SimpleNamespace(config=config, seed=seed, **more))
        if seed == 13:
            raise RunFailed(f"{config.name}: unlucky")
        return RunRecord(results, {"name": config.name, "seed": seed})

    monkeypatch.setattr(api, "perform", perform)
    return found


def test_a_loaded_config_takes_overrides_like_any_other(asked, tmp_path):
    api.run(load_config("tiny"), overrides=("train.epochs=1", "model.cell=lstm"), results=tmp_path)
    expected = load_config("tiny", ["train.epochs=1", "model.cell=lstm"])
    assert asked[0].config == expected
    api.run(["tiny", DIGITS], 0, overrides="train.epochs=7", results=tmp_path)  # One text alone.
    api.run(["tiny", DIGITS], 0, overrides=iter(["train.epochs=7"]), results=tmp_path)
    assert [each.config.train.epochs for each in asked[1:]] == [7] * 4
    with pytest.raises(SeqvisionError, match="did you mean 'epochs'"):
        api.run(load_config("tiny"), overrides=["train.epoch=1"])


def test_one_is_a_record_and_many_are_a_list(asked, tmp_path):
    def run(*given, **more):
        found = api.run(*given, results=tmp_path, **more)
        many = isinstance(found, list)
        return many, [(each["name"], each["seed"]) for each in (found if many else [found])]

    assert run(DIGITS) == (False, [("small", 0)])
    assert run(DIGITS, 3) == (False, [("small", 3)])
    assert run(DIGITS, seeds="2-3") == (True, [("small", 2), ("small", 3)])
    assert run([DIGITS]) == (True, [("small", 0), ("small", 5)])
    assert run((DIGITS, load_config("tiny")), 1) == (True, [("small", 1), ("tiny", 1)])
    grid = {**DIGITS, "grid": {"model.cell": ["gru", "lstm"]}}
    assert run([grid], seed=0) == (True, [("small-gru", 0), ("small-lstm", 0)])
    with pytest.raises(SeqvisionError, match=r"run\(\[config\]\)"):
        run(grid)
    with pytest.raises(ConfigError, match="expected a path"):
        run(3)


def test_a_failure_leaves_the_others_be_unless_it_is_to_be_the_last(asked, tmp_path):
    with pytest.raises(RunFailed, match="unlucky"):
        api.run(DIGITS, seeds=[13, 1], results=tmp_path)
    assert [each.seed for each in asked] == [13, 1]
    with pytest.raises(RunFailed, match="unlucky"):
        api.run(DIGITS, seeds=[13, 1], results=tmp_path, fail_fast=True)
    assert [each.seed for each in asked] == [13, 1, 13]


def test_jobs_are_other_processes_and_nothing_of_this_one_goes_there(monkeypatch, tmp_path):
    class Elsewhere:
        places = 2

        def __call__(self, job, listener):
            return Outcome(job, "finished", RunRecord(job.folder, {"seed": job.seed}))

    def performer(*given):
        handed.extend(given)
        return nullcontext(Elsewhere())

    handed = []
    monkeypatch.setattr(api, "performer", performer)
    options = {"jobs": 2, "ray": "auto", "results": tmp_path, "loggers": "tensorboard"}
    found = api.run(DIGITS, seeds=range(3), **options)
    assert handed == [2, "auto", tmp_path, 3, ["tensorboard"]]
    assert [each["seed"] for each in found] == [0, 1, 2]
    for own in ({"callbacks": [keras.callbacks.Callback()]}, {"progress": Progress()}):
        with pytest.raises(SeqvisionError, match="belong to this process"):
            api.run(DIGITS, jobs=2, **own)


def test_callbacks_see_validation_stop_the_run_and_are_in_its_record(tmp_path, caplog):
    class Enough(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(logs)
            self.model.stop_training = epoch == 1

    enough = Enough()
    record = api.run(DIGITS, results=tmp_path, callbacks=[enough])
    assert [logs["val_accuracy"] for logs in enough.seen][-1] == record["metrics"]["val_accuracy"]
    assert [logs["val_loss"] for logs in enough.seen][-1] == record["metrics"]["val_loss"]
    assert record["callbacks"] == ["Enough"]
    assert record["metrics"]["epochs"] == 2 and "Enough" in record["metrics"]["stopped"]
    assert record.folder == tmp_path / record["run_id"]
    assert read_record(record.folder) == record == api.run(DIGITS, results=tmp_path)
    assert "with Enough" in repr(record)
    # Its numbers are nobody else's to go on from.
    caplog.set_level("INFO", "seqvision")
    longer = api.run(DIGITS, results=tmp_path, overrides=["train.epochs=4"])
    assert longer["metrics"]["epochs"] == 4 and "callbacks" not in longer
    assert "does not go on from" in caplog.text
    assert "it had callbacks of the user's own, Enough" in caplog.text


@pytest.mark.parametrize(
    ("watched", "progress", "drawn"),
    [
        (True, None, True),
        (False, None, False),
        *all_but([], [(True, False, False), (False, True, True)]),
    ],
)
def test_bars_are_drawn_where_a_person_looks(watched, progress, drawn, monkeypatch, capsys):
    monkeypatch.setattr(api, "is_watched", lambda: watched)

    def perform(config, seed, results, progress, **more):
        if progress:
            progress.start(f"{config.name} of {seed}", 10, 0)
            progress.step(5, 0.5, 0.25)
            progress.end(None)
        return RunRecord(results, {"name": config.name, "seed": seed})

    monkeypatch.setattr(api, "perform", perform)
    api.run([DIGITS], progress=progress, results="nowhere")
    said = capsys.readouterr().err
    assert [f"small of {seed}" in said for seed in (0, 5)] == [drawn, drawn]


def test_of_runs_elsewhere_there_are_bars_too(monkeypatch, tmp_path, capsys, performed_here):
    monkeypatch.setattr("seqvision.sweep.local.Local.__call__", performed_here)
    monkeypatch.setattr("seqvision.sweep.local.Local.__enter__", lambda self: self)
    api.run(DIGITS, 0, jobs=1, progress=True, overrides=["train.epochs=1"], results=tmp_path)
    assert "test error" in capsys.readouterr().err
