"""Learning curves: how the error fell, epoch by epoch."""

from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import (
    ACCENT,
    best,
    error_axis,
    finished,
    ranked,
    values,
    whole_axis,
)
from seqvision.comparison.left_out import grouped_warnings, leave_out
from seqvision.errors import NothingToShow
from seqvision.runs.history import read_history


@CHARTS.register("curves", order=4)
def learning_curves(records: pd.DataFrame, most: int = 12) -> Any:
    """The error of each epoch: a band over the seeds, their mean, and each seed's own line."""
    runs, of_how_many = best(ranked(records), most)
    table = histories(runs)
    what, column = "validation", "val_error"
    if column not in table or table[column].isna().all():
        what, column = "training", "error_rate"
    table = table.rename(columns={column: "error"})[["model", "seed", "epoch", "error"]]
    x = alt.X("epoch:Q", title="epoch", axis=whole_axis(table["epoch"].max()))
    y = alt.Y("error:Q", **error_axis(f"{what} error", table["error"]))
    tooltip = [
        alt.Tooltip("model:N"),
        alt.Tooltip("seed:Q"),
        alt.Tooltip("epoch:Q"),
        alt.Tooltip("error:Q", format=".2%", title=f"{what} error"),
    ]
    base = alt.Chart().encode(x=x, y=y)
    few = table["epoch"].max() <= 8  # A run of one epoch has no line, only a point.
    chart = alt.layer(
        base.mark_area(opacity=0.18, color=ACCENT).encode(y="min(error):Q", y2="max(error):Q"),
        base.mark_line(
            strokeWidth=0.7, opacity=0.6, color=ACCENT, point={"size": 6} if few else False
        ).encode(detail="seed:N", tooltip=tooltip),
        base.mark_line(strokeWidth=2.2, color=ACCENT).encode(y="mean(error):Q"),
    ).properties(width=190, height=130)
    models = list(runs["model"].unique())
    facets = chart.facet(
        alt.Facet("model:N", sort=models), data=values(table), columns=4, spacing=18
    )
    caption = (
        f"{of_how_many}The {what} error after each epoch. The thick line is the mean over the "
        "seeds, the band goes from the best seed to the worst, each thin line is one seed. All "
        "panels have the same scale."
    )
    return finished(facets, "Learning curves", caption)


@grouped_warnings()
def histories(runs: pd.DataFrame) -> pd.DataFrame:
    """One row for each epoch of every run with a readable history.csv, with its `model` and `seed`.

    Raises:
        NothingToShow: none has.
    """
    rows = []
    for model, seed, folder in runs[["model", "seed", "folder"]].itertuples(index=False):
        try:
            own = read_history(folder)
        except (OSError, ValueError) as error:
            leave_out(folder, "left out of the learning curves: history.csv", error)
            continue
        rows += [{"model": model, "seed": seed, **row} for row in own if "epoch" in row]
    if not rows:
        raise NothingToShow("no run has a history.csv")
    return pd.DataFrame(rows)
