"""A search as a whole, with runs that are made up."""

import csv
import json
import random
import threading
from contextlib import ExitStack

import numpy as np
import pytest

from seqvision.config import load_config
from seqvision.errors import RunFailed, SeqvisionError
from seqvision.runs.lock import locked
from seqvision.sweep.schedule import Outcome
from seqvision.sweep.tune.listener import SearchListener
from seqvision.sweep.tune.search import search


class MadeUp:
    """Performs a run by making up its record.

    Args:
        accuracy: of a job, after each of its epochs.
    """

    def __init__(self, accuracy=None, failing=(), places=1):
        self.places = places
        self.accuracy = accuracy or by_its_values
        self.failing = failing
        self.performed = []
        self.asked_to_stop = False

    def __call__(self, job, listener):
        self.performed.append(job.run_id)
        if job.config.name in self.failing:
            return Outcome(job, "failed", message="the loss became NaN")
        last = job.config.train.stop_after or job.config.train.epochs
        done, why, history = 0, None, []
        while done < last and not why:
            done += 1
            accuracy = self.accuracy(job, done)
            row = {"epoch": done, "val_loss": 1 - accuracy, "val_error": 1 - accuracy}
            history.append(row)
            why = listener.event(job, {"event": "ask", "row": row}) if job.asks else None
        job.folder.mkdir(parents=True, exist_ok=True)
        with (job.folder / "history.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, history[0])
            writer.writeheader()
            writer.writerows(history)
        (job.folder / "checkpoint.npz").touch()
        value = 1 - history[-1]["val_error"]
        metrics = {"val_accuracy": value, "val_loss": 1 - value, "val_error": 1 - value}
        metrics |= {"epochs": done, "stopped": why}
        record = {
            "status": "finished" if job.test else "untested",
            "run_id": job.run_id,
            "seed": job.seed,
            "metrics": metrics | ({"test_error": 1 - value} if job.test else {}),
            "timing": {"train_seconds": 1.0},
        }
        if job.test:
            labels = np.zeros(500, int)
            right = np.arange(500) < round(500 * value)
            answers = np.where(right[:, None], [1.0, 0.0], [0.0, 1.0])
            np.savez(job.folder / "predictions.npz", probabilities=answers, labels=labels)
        (job.folder / "record.json").write_text(json.dumps(record))
        return Outcome(job, "finished", record)

    def stop(self):
        self.asked_to_stop = True


def by_its_values(job, epoch):
    """An accuracy that depends on the config and the seed, and grows with the epochs."""
    content = {**job.config.content(), "train": {**job.config.content()["train"], "stop_after": 0}}
    draw = random.Random(json.dumps(content, sort_keys=True)).random()
    return 0.5 + 0.4 * draw * epoch / 9 + 0.001 * job.seed


def table(results):
    with (results / "small-tune" / "trials.csv").open(newline="") as file:
        return list(csv.DictReader(file))


class Killed(BaseException):
    """What a kill looks like to a search: it never gets to do anything more."""


class DiesAfter(MadeUp):
    """Dies in the run after so many, before or after it has written its record."""

    def __init__(self, runs, written):
        super().__init__()
        self.left, self.written = runs, written

    def __call__(self, job, listener):
        if self.left == 0 and not self.written:
            raise Killed
        outcome = super().__call__(job, listener)
        if self.left == 0:
            raise Killed
        self.left -= 1
        return outcome


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ["random", "grid", "bayesian", "hyperband"])
def test_killed_three_times_it_equals_one_never_killed(oracle, tunable, tmp_path):
    tune = {"oracle": oracle, "trials": 12, "seeds": [0, 3], "space": SPACE}
    if oracle == "bayesian":
        tune["oracle"] = {"name": "bayesian", "initial_points": 6}
    if oracle != "hyperband":
        tune["median_stop"] = {"trials": 3}
    once, often = tmp_path / "once", tmp_path / "often"
    expected = search(tunable({"tune": tune}), once, MadeUp())
    for runs, written in ((0, False), (5, True), (14, False)):
        with pytest.raises(Killed):
            search(tunable({"tune": tune}), often, DiesAfter(runs, written))
    last = MadeUp()
    found = search(tunable({"tune": tune}), often, last)
    assert table(often) == table(once)
    assert found.verdict == expected.verdict and found.values == expected.values
    assert 0 < len(last.performed) < 2 * 12  # What was there was not run again.
    done = MadeUp()
    assert search(tunable({"tune": tune}), often, done).trial == found.trial
    assert done.performed == []


SPACE = {
    "model.cell": {"choice": ["gru", "lstm", "minimal_rnn"]},
    "model.dropout": {"float": [0.0, 0.5], "step": 0.1},
    "train.batch_size": {"int": [8, 64], "log": True},
}


def test_the_table_has_a_row_a_trial_and_seed_and_the_oracle_is_told_the_mean(tunable, tmp_path):
    search(tunable(trials=4, seeds=[0, 5]), tmp_path, MadeUp(places=2))
    rows = table(tmp_path)
    assert [(r["trial"], r["seed"]) for r in rows] == [
        (str(t), s) for t in range(1, 5) for s in "05"
    ]
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert first["mean"] == second["mean"]
        values = [float(r["value"]) for r in (first, second)]
        assert values[1] - values[0] == pytest.approx(0.005)
        assert float(first["mean"]) == pytest.approx(sum(values) / 2)
        assert json.loads(first["model.units"]) in ([8], [16, 16])
        assert (first["model.dropout"] == "") == (first["model.cell"] == "gru")


def test_a_trial_is_an_ordinary_run_that_leaves_the_test_images_be(tunable, tmp_path):
    performer = MadeUp()
    found = search(tunable(trials=3), tmp_path, performer)
    untuned, *trials, tuned = performer.performed
    assert untuned.startswith("small/") and tuned.startswith("small-tuned/")
    assert [t.partition("/")[0] for t in trials] == [f"small-tune-t00{n}" for n in (1, 2, 3)]
    records = [json.loads((tmp_path / t / "record.json").read_text()) for t in trials]
    assert not any("test_error" in record["metrics"] for record in records)
    assert found.verdict
    assert found.verdict["tuned"]["mean"] == pytest.approx(1 - found.value, abs=0.002)


def test_best_yaml_is_the_best_config_and_says_where_it_came_from(tunable, tmp_path):
    found = search(tunable(trials=5), tmp_path, MadeUp())
    text = (found.folder / "best.yaml").read_text()
    best = max(table(tmp_path), key=lambda row: float(row["value"]))
    assert f"# {found.verdict['in_words']}" in text
    assert f"trial {best['trial']}, val_accuracy {float(best['value']):.2%}" in text
    config = load_config(found.folder / "best.yaml")
    assert config == found.best and config.name == "small-tuned"
    assert config.hash == best["run_id"].partition("/")[2][:8] == found.best.hash
    assert "tune" not in config.model_dump(exclude_none=True)
    # What `seqvision run best.yaml` would do has been done.
    assert (tmp_path / "small-tuned" / f"{config.hash}-s0" / "record.json").exists()


def test_a_failed_run_or_a_value_that_is_no_number_fails_the_trial_and_no_more(tunable, tmp_path):
    def accuracy(job, epoch):
        return float("-inf") if job.config.name.endswith("t003") else by_its_values(job, epoch)

    performer = MadeUp(accuracy, failing=["small-tune-t002"])
    found = search(tunable(trials=6, objective="val_loss"), tmp_path, performer)
    rows = table(tmp_path)
    assert [r["status"] for r in rows] == ["finished", "failed", "failed", *["finished"] * 3]
    assert rows[1]["message"] == "the loss became NaN" and rows[2]["message"] == "val_loss is inf"
    assert rows[1]["value"] == rows[2]["value"] == ""
    assert found.trial not in (2, 3)


def test_a_config_that_does_not_hold_together_is_a_failed_trial(tunable, tmp_path):
    space = {
        "data.validation": {"choice": [0, 200]},
        "train.best_weights": {"choice": [None, "val_loss"]},
    }
    base = {"data": {"dataset": "digits", "validation": 200}}
    search(tunable({**base, "tune": {"oracle": "grid", "space": space}}), tmp_path, MadeUp())
    wrong = [row for row in table(tmp_path) if row["status"] == "failed"]
    assert len(wrong) == 1
    assert "needs validation images" in wrong[0]["message"]


def test_a_model_that_cannot_be_built_fails_its_trial_but_wrong_data_ends_all(tunable, tmp_path):
    class Wrong(MadeUp):
        def __call__(self, job, listener):
            if job.config.name == self.wrong:
                raise SeqvisionError("cannot be built")
            return super().__call__(job, listener)

    performer = Wrong()
    performer.wrong = "small-tune-t002"
    search(tunable(trials=3), tmp_path / "a", performer)
    assert [row["status"] for row in table(tmp_path / "a")] == ["finished", "failed", "finished"]
    performer.wrong = "small"
    with pytest.raises(SeqvisionError, match="cannot be built"):
        search(tunable(trials=3), tmp_path / "b", performer)
    assert not (tmp_path / "b" / "small-tune").exists()


def test_no_trial_that_ends_well_is_a_failure(tunable, tmp_path):
    failing = [f"small-tune-t00{n}" for n in (1, 2, 3)]
    with pytest.raises(RunFailed, match="none of 3 trials"):
        search(tunable(trials=3), tmp_path, MadeUp(failing=failing))


def test_hyperband_goes_on_from_the_trial_before(tunable, tmp_path):
    begun = {}

    class Notes(MadeUp):
        def __call__(self, job, listener):
            begun[job.config.name] = job
            return super().__call__(job, listener)

    search(tunable(oracle="hyperband"), tmp_path, Notes(places=2))
    rows = {row["trial"]: row for row in table(tmp_path)}
    promoted = [row for row in rows.values() if row["after"]]
    assert promoted
    for row in promoted:
        before = rows[row["after"]]
        assert row["epochs_saved"] == before["epochs"] and int(row["epochs"]) > int(
            before["epochs"]
        )
        job = begun[f"small-tune-t{int(row['trial']):03}"]
        assert job.begin_with == tmp_path / before["run_id"]
        # A schedule spans all epochs from the beginning: only where the run ends is another.
        assert job.config.train.epochs == 9
        assert (job.config.train.stop_after or 9) == int(row["epochs"])
    # Nothing goes on from any of them any more.
    assert not list(tmp_path.glob("small-tune-t*/*/checkpoint.npz"))
    best = max(rows.values(), key=lambda row: (int(row["epochs"]), float(row["value"])))
    assert f"trial {best['trial']}," in (tmp_path / "small-tune" / "best.yaml").read_text()


def test_the_median_rule_ends_hopeless_runs_and_says_so(tunable, tmp_path):
    """From the third trial on, what is worse than the median of the whole ones ends at once."""
    levels = {1: 0.8, 2: 0.7, 3: 0.6, 4: 0.9, 5: 0.75}

    def accuracy(job, epoch):
        number = int(job.config.name[-3:]) if "-t0" in job.config.name else 1
        return levels[number] + 0.01 * epoch

    tune = {"trials": 5, "median_stop": {"trials": 2, "epochs": 3}, "space": SPACE}
    search(tunable({"tune": {"oracle": "random", **tune}}), tmp_path, MadeUp(accuracy))
    rows = table(tmp_path)
    # The medians are 0.75, 0.75, then 0.8 of the whole trials 1, 2 and 4.
    statuses = ["finished", "finished", "stopped", "finished", "stopped"]
    assert [row["status"] for row in rows] == statuses
    assert [row["epochs"] for row in rows] == ["9", "9", "3", "9", "3"]
    assert float(rows[2]["mean"]) == pytest.approx(0.63)
    expected = "val_accuracy was 63.00% after epoch 3, worse than 78.00%, the median of 2 trials"
    assert f"median rule: {expected}" in rows[2]["message"]


def test_side_by_side_no_more_than_places_and_all_are_told(tunable, tmp_path):
    class Heard(SearchListener):
        def __init__(self):
            self.numbers, self.best = [], []

        def trial_ended(self, trial, best):
            self.numbers.append(trial.proposal.number)
            self.best.append(best.value)

    heard = Heard()
    search(tunable(trials=9), tmp_path, MadeUp(places=3), heard)
    assert sorted(heard.numbers) == list(range(1, 10))
    assert heard.best == sorted(heard.best)


def test_more_trials_go_on_where_fewer_ended(tunable, tmp_path):
    search(tunable(trials=4), tmp_path, MadeUp())
    first = table(tmp_path)
    performer = MadeUp()
    search(tunable(trials=7), tmp_path, performer)
    assert table(tmp_path)[:4] == first and len(table(tmp_path)) == 7
    search(tunable(trials=7), tmp_path / "at once", MadeUp())
    assert table(tmp_path) == table(tmp_path / "at once")
    search(tunable(trials=2), tmp_path, performer)  # Fewer than there are: nothing to do.
    assert len(table(tmp_path)) == 7


def test_another_search_needs_force_which_forgets_the_first(tunable, tmp_path):
    search(tunable(trials=3), tmp_path, MadeUp())
    with pytest.raises(SeqvisionError, match="begun with objective val_accuracy, not val_error"):
        search(tunable(trials=3, objective="val_error"), tmp_path, MadeUp())
    with pytest.raises(SeqvisionError, match=r"config\.train\.epochs 9, not 5"):
        search(tunable({"train": {"epochs": 5}}, trials=3), tmp_path, MadeUp())
    search(tunable(trials=2, objective="val_error"), tmp_path, MadeUp(), force=True)
    assert [row["objective"] for row in table(tmp_path)] == ["val_error"] * 2
    assert len(list(tmp_path.glob("small-tune-t*"))) == 2


def test_a_search_that_an_earlier_version_began_goes_on(tunable, tmp_path):
    """Its log held all options, those at their defaults too, and lacked those that came later."""
    two = tunable(trials=2)
    search(two, tmp_path, MadeUp())
    log = tmp_path / "small-tune" / "log.jsonl"
    first, *rest = log.read_text().splitlines(keepends=True)
    settings = json.loads(first)
    resolved = two.untuned.resolved()
    settings["config"] = {section: resolved[section] for section in ("data", "model", "train")}
    del settings["config"]["train"]["precision"], settings["median_stop"]
    log.write_text(json.dumps(settings) + "\n" + "".join(rest))
    performer = MadeUp()
    search(tunable(trials=3), tmp_path, performer)
    assert len(table(tmp_path)) == 3
    assert not any("t001" in run or "t002" in run for run in performer.performed)


def test_a_search_does_not_go_on_with_other_data(tunable, tmp_path):
    search(tunable(trials=2), tmp_path, MadeUp())
    (path,) = tmp_path.glob("small/*/record.json")
    record = json.loads(path.read_text())
    record["dataset"] = {"name": "digits", "asked_for": "digits", "checksum": "of other digits"}
    path.write_text(json.dumps(record))
    with pytest.raises(SeqvisionError, match="begun with other data"):
        search(tunable(trials=3), tmp_path, MadeUp())
    search(tunable(trials=2), tmp_path, MadeUp(), force=True)


def test_a_run_that_a_dying_process_still_holds_is_waited_for(tunable, tmp_path):
    """After a kill; meanwhile nothing else is asked for, so that the trials stay the same."""
    two = tunable(trials=2, seeds=[0, 1])
    search(two, tmp_path / "free", MadeUp())
    held = tmp_path / "held" / table(tmp_path / "free")[-2]["run_id"]
    held.mkdir(parents=True)
    performer = MadeUp()
    other = ExitStack()
    other.enter_context(locked(held))
    threading.Timer(1.0, other.close).start()
    search(two, tmp_path / "held", performer)
    assert table(tmp_path / "held") == table(tmp_path / "free")
    assert [run.rpartition("-s")[2] for run in performer.performed] == ["0", "1"] * 4


def test_two_searches_of_a_folder_do_not_mix(tunable, tmp_path):
    class Meddles(MadeUp):
        def __call__(self, job, listener):
            with pytest.raises(SeqvisionError, match="another process is at this search"):
                search(tunable(trials=3), tmp_path, MadeUp())
            return super().__call__(job, listener)

    search(tunable(trials=1), tmp_path, Meddles())


def test_an_untuned_config_that_fails_leaves_no_verdict(tunable, tmp_path):
    found = search(tunable(trials=2), tmp_path, MadeUp(failing=["small"]))
    assert found.verdict is None and found.trial


def test_what_was_stopped_is_not_told(tunable, tmp_path):
    class Stops(MadeUp):
        def __call__(self, job, listener):
            if job.config.name.endswith("t002"):
                return Outcome(job, "stopped")
            return super().__call__(job, listener)

    with pytest.raises(RunFailed):
        search(tunable(trials=2), tmp_path, Stops(failing=["small-tune-t001"]))
    assert [row["trial"] for row in table(tmp_path)] == ["1"]


def test_what_only_this_process_has_registered_is_refused_before_anything_is_begun(
    tunable, tmp_path, monkeypatch
):
    from seqvision.cells import CELLS
    from seqvision.sweep.plan import Job
    from seqvision.sweep.worker import order

    class MyCell:
        """Mine, of a notebook."""

        def __init__(self, units: int, leak: float = 0.5): ...

    monkeypatch.setitem(CELLS._imported, "my_cell", MyCell)
    cells = {"model.cell": {"choice": ["gru", {"name": "my_cell", "leak": 0.1}]}}
    mine = tunable({"tune": {"oracle": "grid", "space": cells}})
    perform = MadeUp()
    with pytest.raises(SeqvisionError, match=r"a process of its own.*'my_cell'.*an entry point"):
        search(mine, tmp_path, perform)
    assert not perform.performed and not list(tmp_path.iterdir())
    # Of a sweep and a cluster, too; here it is known.
    config = mine.point({"model.cell": "my_cell"}, "small")
    with pytest.raises(SeqvisionError, match="a process of its own"):
        order(Job(config, 0, tmp_path), 1)
    assert order(Job(mine.untuned, 0, tmp_path), 1)["config"] == mine.untuned.resolved()


def test_a_node_that_lacks_a_package_says_so_in_one_line(tunable, tmp_path):
    from seqvision.sweep.plan import Job
    from seqvision.sweep.worker import carry_out, order

    told, sent = [], order(Job(tunable().untuned, 0, tmp_path), 1)
    sent["config"]["model"]["cell"] = "cell_of_a_package"
    carry_out(sent, told.append, lambda: None)
    (word,) = told
    assert word["event"] == "wrong" and "unknown cell 'cell_of_a_package'" in word["message"]
