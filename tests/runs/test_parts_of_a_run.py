"""Runs that end early on purpose, that go on from another, and that leave the test images be."""

import csv
import json

import pytest

import seqvision
from seqvision.config import load_config
from seqvision.runs.progress import Progress
from seqvision.runs.run import perform

RECIPE = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "cell": "simple_rnn", "units": [16], "dropout": 0.2},
    "train": {
        "epochs": 4,
        "batch_size": 64,
        "optimizer": {"name": "adamw", "learning_rate": 0.01, "use_ema": True},
        "schedule": {"name": "one_cycle"},
        "augment": {"shift": 0.1},
        "best_weights": "val_loss",
    },
}


def config(name, **train):
    return load_config({**RECIPE, "name": name, "train": {**RECIPE["train"], **train}})


def epochs(folder):
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


class Steps(Progress):
    """Counts the steps that were trained."""

    def start(self, title, total_steps, done_steps):
        self.before = done_steps

    def step(self, done_steps, loss, error):
        self.count = done_steps - self.before


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    results = tmp_path_factory.mktemp("results")
    record = perform(config("whole"), 0, results)
    return record, epochs(results / record["run_id"])


@pytest.mark.slow
def test_a_run_that_goes_on_from_a_shorter_one_is_the_whole_run(whole, tmp_path):
    """Weights, optimizer, averages, schedule, order and changes of images: all are taken over."""
    record, history = whole
    before = perform(config("first", stop_after=1), 0, tmp_path)
    assert epochs(tmp_path / before["run_id"]) == history[:1]
    for name, stop_after, steps in (("second", 3, 40), ("third", None, 20)):
        counted = Steps()
        folder = tmp_path / before["run_id"]
        longer = config(name, **({"stop_after": stop_after} if stop_after else {}))
        before = perform(longer, 0, tmp_path, begin_with=folder, progress=counted)
        assert counted.count == steps
    assert epochs(tmp_path / before["run_id"]) == history
    assert before["metrics"] == record["metrics"]
    # Only what may be gone on from keeps what it takes to do so.
    assert len(list((tmp_path / "second").glob("*/checkpoint.npz"))) == 1
    assert not list((tmp_path / "third").glob("*/checkpoint.npz"))


def test_without_what_it_was_to_begin_with_it_begins_at_the_beginning(whole, tmp_path):
    record, _ = whole
    alone = perform(config("alone"), 0, tmp_path, begin_with=tmp_path / "gone")
    assert alone["metrics"] == record["metrics"]


def test_a_run_ends_when_it_is_told_to_and_says_why(whole, tmp_path):
    _, history = whole

    class Enough(Progress):
        def ask(self, row):
            return "enough" if row["epoch"] == 2 else None

    record = perform(config("told"), 0, tmp_path, progress=Enough())
    assert record["metrics"]["stopped"] == "enough"
    assert record["metrics"]["epochs"] == 2
    assert epochs(tmp_path / record["run_id"]) == history[:2]


def test_an_untested_run_has_no_figure_of_the_test_images(whole, tmp_path):
    tested, _ = whole
    record = perform(config("whole"), 0, tmp_path, test=False)
    assert record["status"] == "untested"
    assert record["metrics"]["val_accuracy"] == tested["metrics"]["val_accuracy"]
    known = json.dumps(record["metrics"])
    assert "test" not in known and '"macro_f1' not in known and "calibration" not in known
    folder = tmp_path / record["run_id"]
    assert not (folder / "predictions.npz").exists()
    # It is done for whoever wants no test figures, and not for whoever does.
    again = perform(config("whole"), 0, tmp_path, test=False)
    assert again["timing"]["ended"] == record["timing"]["ended"]
    with_test = seqvision.run(config("whole"), 0, results=tmp_path)
    assert with_test["metrics"] == tested["metrics"]
    assert perform(config("whole"), 0, tmp_path, test=False)["status"] == "finished"


def test_a_key_that_is_not_used_leaves_the_hash_be():
    assert config("a").hash == config("a", stop_after=None).hash != config("a", stop_after=2).hash
