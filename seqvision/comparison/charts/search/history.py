"""How a search went: each trial's value, and the best so far."""

from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.charts.base import ACCENT, finished, values, whole_axis
from seqvision.comparison.charts.search import SEARCH_CHARTS
from seqvision.comparison.charts.search.base import (
    by_trial,
    figure,
    objective_axis,
    objective_of,
)
from seqvision.formatting import counted
from seqvision.metrics import higher_is_better

_GREY = "#8a8f98"
_COLORS = {"whole": ACCENT, "fewer epochs": _GREY, "stopped": "#e37407"}

_WORDS = {
    "fewer epochs": "had fewer epochs than the best may have, and can't be the best",
    "stopped": "ended early by the median rule, and can't be the best",
    "failed": "failed, without a dot",
}


@SEARCH_CHARTS.register("history", order=1)
def search_history(trials: pd.DataFrame) -> Any:
    """The objective of each trial in the order proposed, and the best so far."""
    table, objective = by_trial(trials), objective_of(trials)
    ended = table[table["kind"] != "failed"]
    whole = ended[ended["kind"] == "whole"].copy()
    whole["best"] = (
        whole["mean"].cummax() if higher_is_better(objective) else whole["mean"].cummin()
    )
    x = alt.X("trial:Q", title="trial", axis=whole_axis(table["trial"].max()))
    kinds = [kind for kind in _COLORS if (ended["kind"] == kind).any()]
    color = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=kinds, range=[_COLORS[kind] for kind in kinds]),
        legend=alt.Legend() if len(kinds) > 1 else None,
    )
    tooltip = [
        alt.Tooltip("trial:Q"),
        alt.Tooltip("mean:Q", format=figure(objective), title=objective),
        alt.Tooltip("kind:N"),
    ]
    points = alt.Chart(values(ended[["trial", "mean", "low", "high", "kind"]])).encode(x=x)
    y = alt.Y("mean:Q", **objective_axis(objective))
    steps = alt.Chart(values(whole[["trial", "best"]])).encode(x=x)
    chart = alt.layer(
        steps.mark_line(interpolate="step-after", color=ACCENT, opacity=0.5).encode(y="best:Q"),
        points.mark_rule(opacity=0.4).encode(y="low:Q", y2="high:Q", color=color),
        points.mark_circle(size=50, opacity=0.9).encode(y=y, color=color, tooltip=tooltip),
    ).properties(width=480, height=240)
    return finished(chart, "The search, trial by trial", _caption(table, trials))


def _caption(table: pd.DataFrame, trials: pd.DataFrame) -> str:
    words = "A dot is a trial, in the order proposed; the line is the best so far."
    if trials["seed"].nunique() > 1:
        words += " A dot is the mean over the seeds, its line goes from the lowest to the highest."
    for kind, what in _WORDS.items():
        if failed := int((table["kind"] == kind).sum()):
            words += f" {counted(failed, 'trial')} {what}."
    return words
