"""The slice through each parameter: the objective against its value."""

from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.charts.base import ACCENT, finished, values
from seqvision.comparison.charts.search import SEARCH_CHARTS
from seqvision.comparison.charts.search.base import (
    by_trial,
    figure,
    is_logarithmic,
    is_number,
    objective_axis,
    objective_of,
    varied,
)


@SEARCH_CHARTS.register("slices", order=4)
def parameter_slices(trials: pd.DataFrame) -> Any:
    """The objective of the trials against each parameter's value."""
    table, objective = by_trial(trials), objective_of(trials)
    table = table[table["kind"] != "failed"]
    panels = [_panel(table, path, objective) for path in varied(table, trials)]
    chart = alt.concat(*panels, columns=3, spacing=20)
    caption = (
        "A dot is a trial; the later it was proposed, the stronger. What the other parameters were "
        "differs from dot to dot. A trial that did not use a parameter is left out of its panel."
    )
    return finished(chart, "Each parameter by itself", caption)


def _panel(table: pd.DataFrame, path: str, objective: str) -> Any:
    used = table[table[path].notna()]
    data = pd.DataFrame({"trial": used["trial"], "mean": used["mean"], "value": used[path]})
    if is_number(used[path]):
        kind = "log" if is_logarithmic(used[path]) else "linear"
        scale = alt.Scale(type=kind, zero=False, nice=False, padding=10)
        axis = alt.Axis(format=".4~g", tickCount=4, labelOverlap=True, grid=False)
        x: Any = alt.X("value:Q", title=path, scale=scale, axis=axis)
    else:
        data["value"] = data["value"].astype(str)
        x = alt.X("value:N", title=path, axis=alt.Axis(labelAngle=0, labelLimit=80))
    tooltip = [
        alt.Tooltip("trial:Q"),
        alt.Tooltip(x.shorthand, title=path),
        alt.Tooltip("mean:Q", format=figure(objective), title=objective),
    ]
    strength = alt.Opacity("trial:Q", scale=alt.Scale(range=[0.35, 1]), legend=None)
    return (
        alt.Chart(values(data))
        .mark_circle(size=45, color=ACCENT)
        .encode(
            x=x, y=alt.Y("mean:Q", **objective_axis(objective)), opacity=strength, tooltip=tooltip
        )
        .properties(width=190, height=150)
    )
