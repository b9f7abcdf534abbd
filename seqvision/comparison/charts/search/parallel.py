"""Parallel coordinates: which values occur together in good trials."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from seqvision.comparison.charts.base import ACCENT, finished, values
from seqvision.comparison.charts.search import SEARCH_CHARTS
from seqvision.comparison.charts.search.base import (
    by_trial,
    figure,
    is_logarithmic,
    is_number,
    objective_of,
    varied,
)
from seqvision.formatting import number
from seqvision.metrics import higher_is_better

_BEST = 0.2
"""The share of the trials that stands out."""


@SEARCH_CHARTS.register("parallel", order=2)
def parallel_coordinates(trials: pd.DataFrame) -> Any:
    """Each trial as a line through the values of its parameters to its objective."""
    table, objective = by_trial(trials), objective_of(trials)
    table = table[table["kind"] != "failed"].reset_index(drop=True)
    paths = varied(table, trials)
    lines, marks = [], []
    for path in [*paths, "mean"]:
        title = objective if path == "mean" else path
        places, labels = positions(table[path])
        lines.append(pd.DataFrame({"axis": title, "trial": table["trial"], "place": places}))
        marks += [{"axis": title, "place": place, "label": label} for place, label in labels]
    rank = table["mean"].rank(ascending=not higher_is_better(objective))
    table["stands_out"] = rank <= max(1, _BEST * len(table))
    kept = table[["trial", "mean", "stands_out"]]
    data = pd.concat(lines).merge(kept, on="trial").dropna(subset=["place"])
    order = [*paths, objective]
    x = alt.X(
        "axis:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelLimit=140, grid=True)
    )
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.04, 1.04], nice=False))
    tooltip = [
        alt.Tooltip("trial:Q"),
        alt.Tooltip("mean:Q", format=figure(objective), title=objective),
    ]
    chart = alt.layer(
        alt.Chart(values(data))
        .mark_line(strokeWidth=1.4)
        .encode(
            x=x,
            y=y,
            detail="trial:N",
            color=alt.condition("datum.stands_out", alt.value(ACCENT), alt.value("#8a8f98")),
            opacity=alt.condition("datum.stands_out", alt.value(0.95), alt.value(0.3)),
            tooltip=tooltip,
        ),
        alt.Chart(values(pd.DataFrame(marks)))
        .mark_text(align="left", dx=5, fontSize=10)
        .encode(x=x, y=y, text="label:N"),
    ).properties(width=max(320, 130 * len(order)), height=260)
    count = int(table["stands_out"].sum())
    caption = (
        f"A line is a trial, through the values of its parameters to its {objective}. The {count} "
        f"best stand out. A line skips a parameter that its trial did not use."
    )
    return finished(chart, "What goes together", caption)


def positions(column: pd.Series) -> tuple[pd.Series, list[tuple[float, str]]]:
    """The positions of values on an axis from 0 to 1, and its labels, `(position, text)`."""
    if not is_number(column):
        texts = column.astype(str).where(column.notna())
        known = sorted(texts.dropna().unique())
        step = 1 / max(1, len(known) - 1)
        places = {text: place * step for place, text in enumerate(known)}
        return texts.map(places).astype(float), [(p, text) for text, p in places.items()]
    scaled = np.log(column.astype(float)) if is_logarithmic(column) else column.astype(float)
    low, high = scaled.min(), scaled.max()
    places = (scaled - low) / ((high - low) or 1.0)
    return places, [(0.0, number(column.min())), (1.0, number(column.max()))]
