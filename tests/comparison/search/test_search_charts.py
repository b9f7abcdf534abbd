"""The charts of a search: what they are drawn from, and that they draw."""

import csv
import json
import re

import numpy as np
import pytest
import vl_convert

from seqvision.comparison.charts.search import SEARCH_CHARTS, search_history
from seqvision.comparison.charts.search.base import by_trial
from seqvision.comparison.charts.search.importance import importances
from seqvision.comparison.charts.search.parallel import positions
from seqvision.comparison.trials import load_trials, parameters
from seqvision.errors import NothingToShow, SeqvisionError


def rows(part):
    """The data of a chart, over all its layers."""
    found = []
    if isinstance(part, dict):
        found += part.get("data", {}).get("values", [])
        for inner in part.values():
            found += rows(inner)
    elif isinstance(part, list):
        for inner in part:
            found += rows(inner)
    return found


@pytest.fixture(scope="module")
def specs(trials):
    return {kind: SEARCH_CHARTS.get(kind)(trials).to_dict() for kind in SEARCH_CHARTS.names()}


@pytest.mark.parametrize("kind", SEARCH_CHARTS.names())
def test_every_chart_draws_and_says_what_it_shows(kind, trials, specs):
    spec = specs[kind]
    assert len(spec["description"]) > 60 and spec["title"]["text"]
    svg = vl_convert.vegalite_to_svg(spec)
    assert re.search(r'class="mark-(\w+) role-mark[^"]*"[^>]*><(?:path|text)', svg)
    if kind != "history":
        for path in parameters(trials):
            assert path in json.dumps(spec)


def test_the_history_has_each_trial_and_the_best_of_those_before(trials, specs):
    found = rows(specs["history"])
    means = trials.groupby("trial")["mean"].first()
    points = {row["trial"]: row["mean"] for row in found if "mean" in row}
    assert points == pytest.approx(means.to_dict(), rel=1e-3)
    best = [row["best"] for row in found if "best" in row]
    assert best == pytest.approx(np.maximum.accumulate(means).tolist(), rel=1e-3)


def test_importance_finds_what_decides(specs):
    chart = specs["importance"]
    shares = {row["parameter"]: row["importance"] for row in rows(chart)}
    assert chart["encoding"]["y"]["sort"][0] == "train.learning_rate"
    assert int(re.search(r"explains (\d+)%", chart["description"])[1]) > 50
    assert shares["train.learning_rate"] > 0.8 and shares["train.batch_size"] < 0.05
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3)


def test_importance_says_when_the_trials_say_nothing(trials):
    noise = trials.copy()
    draw = np.random.default_rng(0)
    noise["mean"] = noise.groupby("trial")["mean"].transform(lambda _: draw.normal())
    chart = SEARCH_CHARTS.get("importance")(noise).to_dict()
    assert "say next to nothing" in chart["description"]
    with pytest.raises(NothingToShow, match="7 whole trials"):
        importances(trials[trials["trial"] <= 7])


def test_places_on_an_axis_are_even_in_what_was_searched(trials):
    table = by_trial(trials)
    places, labels = positions(table["train.learning_rate"])
    rates = np.log(table["train.learning_rate"])
    expected = (rates - rates.min()) / (rates.max() - rates.min())
    np.testing.assert_allclose(places, expected)
    assert [place for place, _ in labels] == [0, 1]
    dropout = table["model.dropout"]  # From 0.03 to 0.47, yet not by its logarithm.
    low, high = dropout.min(), dropout.max()
    np.testing.assert_allclose(positions(dropout)[0], (dropout - low) / (high - low))
    places, labels = positions(table["model.cell"])
    assert labels == [(0.0, "gru"), (1.0, "lstm")]
    dropout, _ = positions(table["model.dropout"])
    assert dropout.isna().equals(table["model.cell"] == "gru")


def test_a_trial_that_failed_stopped_or_had_fewer_epochs_is_none_of_the_best(trials):
    changed = trials[trials["trial"] <= 8].copy()
    best_first = changed.groupby("trial")["mean"].first().sort_values(ascending=False).index
    changed.loc[changed["trial"] == best_first[0], "status"] = "stopped"
    changed["epochs_given"] = np.where(changed["trial"] == best_first[1], 1, 3)
    failed = changed["trial"] == best_first[2]
    changed.loc[failed, ["value", "mean"]] = np.nan
    changed.loc[failed, "status"] = "failed"
    chart = search_history(changed).to_dict()
    best = max(row["best"] for row in rows(chart) if "best" in row)
    assert best == pytest.approx(
        changed.loc[changed["trial"] == best_first[3], "mean"].iloc[0], rel=1e-3
    )
    for words in (
        "1 trial had fewer epochs",
        "1 trial ended early",
        "1 trial failed",
    ):
        assert words in chart["description"]
    changed[["value", "mean"]] = np.nan
    with pytest.raises(NothingToShow, match="no trial has ended well"):
        search_history(changed)


def test_a_table_of_trials_is_read_or_it_is_said_why_not(trials, tmp_path):
    assert list(trials["trial"][:3]) == [1, 1, 2]
    assert trials["train.batch_size"].dtype.kind == "i"
    assert trials["model.dropout"].isna().sum() > 0 and set(trials["message"]) == {""}
    with pytest.raises(SeqvisionError, match=r"trials\.csv: no trials: No such file"):
        load_trials(tmp_path)
    with (tmp_path / "trials.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["trial", "seed"], [1, 0]])
    with pytest.raises(SeqvisionError, match="there is no column 'status'"):
        load_trials(tmp_path)
