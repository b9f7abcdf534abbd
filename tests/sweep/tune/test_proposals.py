"""The oracles: what they propose is of the space, and again the same after a kill."""

import json
import math
import random

import keras_tuner as kt
import pytest

from seqvision.config.size import grid_size, trials_of
from seqvision.errors import SeqvisionError
from seqvision.privates import InMemory
from seqvision.sweep.tune.log import Log, asked
from seqvision.sweep.tune.proposals import Proposals
from seqvision.sweep.tune.space import code, declare, decoded
from seqvision.sweep.tune.trial import Proposal

ORACLES = ("random", "grid", "bayesian", "hyperband")


def value(proposal):
    return random.Random(str(sorted(proposal.values.items()))).random()


def ask_and_tell(proposals, most, places=1, seed=0):
    """Ask and tell in an order that is made up, some trials failing; return what was asked."""
    choose = random.Random(seed)
    found = []
    while True:
        while len(proposals.ongoing) < places and len(found) < most:
            proposal = proposals.ask()
            if not isinstance(proposal, Proposal):
                break
            found.append(proposal)
        if not proposals.ongoing:
            return found
        number = choose.choice(sorted(proposals.ongoing))
        failed = choose.random() < 0.15
        told = None if failed else value(proposals.ongoing[number])
        proposals.tell(number, "failed" if failed else "finished", told, [])


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ORACLES)
@pytest.mark.parametrize("places", [1, 3])
def test_a_search_taken_up_by_its_log_proposes_what_it_would_have(
    oracle, places, tunable, tmp_path
):
    """At any instant: with trials open, and with a line of the log cut short."""
    search = tunable(oracle=oracle, trials=22)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    expected = ask_and_tell(Proposals(search, Log(whole, {})), 22, places)
    lines = (whole / "log.jsonl").read_text().splitlines(keepends=True)
    for kept in (1, 2, 15, 16, 37, len(lines) - 1):
        (cut / "log.jsonl").write_text("".join(lines[:kept]) + lines[kept][:9])
        log = Log(cut, {})
        proposals = Proposals(search, log)
        assert len(log.events) == kept - 1
        # What happened next, happens next.
        for line in lines[kept:]:
            event = json.loads(line)
            if "ask" in event:
                proposal = proposals.ask()
                again = proposal.number if isinstance(proposal, Proposal) else None
                assert again == event["ask"]
            else:
                proposals.tell(event["tell"], event["status"], event["value"], event["runs"])
        assert [trial.proposal for trial in sorted(proposals.ended, key=by_number)] == expected


def by_number(trial):
    return trial.proposal.number


@pytest.mark.parametrize("oracle", ["random", "bayesian", "hyperband"])
def test_another_seed_searches_elsewhere_and_0_is_a_seed(oracle, tunable, tmp_path):
    def points(seed, folder):
        folder.mkdir()
        search = tunable(oracle={"name": oracle, "seed": seed}, trials=8)
        return [p.values for p in ask_and_tell(Proposals(search, Log(folder, {})), 8)]

    first = points(0, tmp_path / "a")
    assert points(0, tmp_path / "b") == first
    second = points(1, tmp_path / "c")
    # keras-tuner draws with seed, seed + 1, …: neighbours would give the same numbers.
    sizes = [{p["train.batch_size"] for p in each} for each in (first, second)]
    assert sizes[0] != sizes[1] and not any(p in first for p in second)


def test_proposals_are_of_the_space(tunable, tmp_path):
    search = tunable(trials=40)
    for proposal in ask_and_tell(Proposals(search, Log(tmp_path, {})), 40):
        values = proposal.values
        assert values["model.cell"] in ("gru", "lstm")
        assert ("model.dropout" in values) == (values["model.cell"] == "lstm")
        assert values["model.units"] in ([8], [16, 16])
        assert 8 <= values["train.batch_size"] <= 64
        assert values["train.label_smoothing"] == 0.1
        assert isinstance(values["model.layer_norm"], bool)
        assert search.point(values, "small-t").train.batch_size == values["train.batch_size"]


RANGES = {
    "train.batch_size": {"int": [8, 200], "log": True},
    "train.log_every": {"int": [1, 9], "step": 3},
    "train.steps_per_execution": {"int": [1, 20], "step": 2, "log": True},
    "model.dropout": {"float": [0.0, 0.5], "step": 0.2},
}
# Two grids in place of one: as many points as their sum, not their product.
HALVES = [dict(list(RANGES.items())[:2]), dict(list(RANGES.items())[2:])]
LISTS = {
    "model.cell": {"choice": ["gru", {"name": "gru", "reset_after": False}, "lstm"]},
    "model.units": {"choice": [[8], [9]], "when": {"model.cell": ["gru", "lstm"]}},
    "model.scan": {"choice": ["rows", "columns"], "when": {"model.units": [[9]]}},
    "model.layer_norm": "boolean",
    "train.best_weights": {"fixed": None, "when": {"model.layer_norm": True}},
    "train.label_smoothing": {"float": [0.01, 0.1], "log": True, "when": {"model.cell": "lstm"}},
}


@pytest.mark.parametrize("places", [1, 4])
@pytest.mark.parametrize("space", [*HALVES, LISTS])
def test_a_grid_is_every_point_once_and_as_many_as_said(space, places, tunable, tmp_path):
    config = {"tune": {"oracle": "grid", "space": space}}
    search = tunable(config)
    found = ask_and_tell(Proposals(search, Log(tmp_path, {})), 10**6, places)
    assert len({str(p.values) for p in found}) == len(found) == grid_size(search.tune.space)
    if space is LISTS:
        # gru or its sister: (2 units, one with 2 scans) or 1; lstm: that times 11 rates; times 2.
        assert len(found) == 2 * ((1 + 2) + 1 + (1 + 2) * 11)


@pytest.mark.parametrize("space", [RANGES, LISTS])
def test_a_grid_is_in_the_order_of_keras_tuners_own(space, tunable, tmp_path):
    """So that a search goes on which an earlier version of this package began."""
    search = tunable({"tune": {"oracle": "grid", "space": space}})
    found = ask_and_tell(Proposals(search, Log(tmp_path, {})), 60)
    hyperparameters = kt.HyperParameters()
    declare(search.tune.space, hyperparameters)

    class OfKerasTuner(InMemory, kt.oracles.GridSearchOracle):
        pass

    oracle = OfKerasTuner(objective=kt.Objective("a", "min"), hyperparameters=hyperparameters)
    oracle.verbose = 0
    for proposal in found:
        trial = oracle.create_trial("one after another")
        assert proposal.values == decoded(search.tune.space, trial.hyperparameters.values)
        oracle.update_trial(trial.trial_id, {"a": 1.0})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)


@pytest.mark.parametrize(("epochs", "factor"), [(1, 3), (2, 3), (9, 3), (10, 2), (27, 4)])
def test_hyperband_is_as_many_trials_as_said(epochs, factor, tunable, tmp_path):
    tune = {"oracle": {"name": "hyperband", "factor": factor}, "space": RANGES}
    search = tunable({"train": {"epochs": epochs}, "tune": tune})
    proposals = Proposals(search, Log(tmp_path, {}))
    asked = 0
    while isinstance(proposal := proposals.ask(), Proposal):
        asked += 1
        proposals.tell(proposal.number, "finished", value(proposal), [])
    assert asked == trials_of(search.tune, epochs)


def test_a_grid_is_asked_side_by_side(tunable, tmp_path):
    """keras-tuner's own waits for each trial before it proposes the next."""
    proposals = Proposals(tunable(oracle="grid"), Log(tmp_path, {}))
    for _ in range(5):
        assert isinstance(proposals.ask(), Proposal)
    assert len(proposals.ongoing) == 5


def test_bayesian_repeats_no_point_and_ends_with_the_space(tunable, tmp_path):
    space = {"model.cell": {"choice": ["gru", "lstm"]}, "train.batch_size": {"int": [8, 11]}}
    config = {"tune": {"oracle": {"name": "bayesian", "initial_points": 2}}}
    config["tune"]["space"] = space
    search = tunable(config, trials=30)
    proposals = Proposals(search, Log(tmp_path, {}))
    points = [str(p.values) for p in ask_and_tell(proposals, 30)]
    assert len(points) == len(set(points)) == 8
    assert proposals.used_up


@pytest.mark.parametrize(("objective", "sign"), [("val_accuracy", -1), ("val_loss", 1)])
def test_bayesian_goes_where_the_objective_is_good(objective, sign, tunable, tmp_path):
    oracle = {"name": "bayesian", "initial_points": 4}
    space = {"train.label_smoothing": {"float": [1e-4, 0.5], "log": True}}
    tune = {"oracle": oracle, "objective": objective, "trials": 8, "space": space}
    proposals = Proposals(tunable({"tune": tune}), Log(tmp_path, {}))
    distances = []
    while isinstance(proposal := proposals.ask(), Proposal):
        distances.append(abs(math.log10(proposal.values["train.label_smoothing"]) + 2))
        proposals.tell(proposal.number, "finished", 3 + sign * distances[-1] ** 2, [])
    assert min(distances[4:]) < 0.5 * min(distances[:4])


def test_hyperband_promotes_the_best_of_a_round_though_some_failed(tunable, tmp_path):
    proposals = Proposals(tunable(oracle="hyperband"), Log(tmp_path, {}))
    first = [proposals.ask() for _ in range(9)]
    assert {(p.epochs, p.after) for p in first} == {(1, None)}
    for number in range(1, 10):  # 7, 8 and 9 are the best; 9 fails.
        value = None if number == 9 else number / 10
        proposals.tell(number, "failed" if number == 9 else "finished", value, [])
    second = [proposals.ask() for _ in range(3)]
    assert [(p.epochs, p.after) for p in second] == [(3, 8), (3, 7), (3, 6)]
    assert [p.values for p in second] == [first[n - 1].values for n in (8, 7, 6)]


def test_trials_fail_one_after_another_and_the_search_goes_on(tunable, tmp_path):
    proposals = Proposals(tunable(trials=8), Log(tmp_path, {}))
    for _ in range(8):
        proposals.tell(proposals.ask().number, "failed", None, [])
    assert proposals.over and len(proposals.ended) == 8


def test_another_search_is_refused_with_what_changed(tmp_path):
    before = {"objective": "val_loss", "space": {"a": {"int": [1, 2]}}, "seeds": [0]}
    log = Log(tmp_path, before)
    log.add(ask=1)
    # Nothing has come of it: another may take its place.
    log = Log(tmp_path, {**before, "seeds": [3]})
    assert log.events == []
    log.add(ask=1)
    log.add(tell=1)
    now = {"objective": "val_error", "space": {"a": {"int": [1, 3]}, "b": "boolean"}, "seeds": [3]}
    with pytest.raises(SeqvisionError) as error:
        Log(tmp_path, now)
    assert "objective val_loss, not val_error; " in str(error.value)
    assert "space.a.int [1, 2], not [1, 3]; space.b nothing, not boolean" in str(error.value)
    assert "--force" in str(error.value)
    assert asked(tmp_path) == [1]
    assert Log(tmp_path, now, forget=True).events == []


def test_values_survive_keras_tuner(tunable):
    """Every value of every choice goes through a `HyperParameters` and comes back itself."""
    search = tunable({"tune": {"space": LISTS}})
    space = search.tune.space
    for path in ("model.cell", "model.units", "model.scan"):
        for each in space[path].choice:
            assert decoded(space, {path: code(space[path], each)}) == {path: each}
    hp = kt.HyperParameters()
    assert declare(space, hp) == {
        "model.cell": "gru",
        "model.units": [8],
        "model.layer_norm": False,
    }
    hp.values["model.layer_norm"] = True
    hp.values["model.units"] = code(space["model.units"], [9])
    hp.ensure_active_values()
    found = declare(space, hp)
    assert found["model.scan"] in ("rows", "columns")
    assert found["train.best_weights"] is None and "train.best_weights" in found
