"""Accuracy after each step read."""

from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import (
    PALETTE,
    best,
    cell_axis,
    finished,
    model_color,
    ranked,
    shade,
    values,
    whole_axis,
)
from seqvision.comparison.steps_read import accuracy_by_step

_CLOCK = (
    "What a model says of a sample that has arrived up to a step. It was trained to answer at the "
    "end."
)


@CHARTS.register("steps", order=7)
def accuracy_after_each_step(records: pd.DataFrame, most: int = len(PALETTE)) -> Any:
    """Test accuracy after each step of the sequence that has been read."""
    table, of_how_many, models = _of_best(records, most)
    sums = table.groupby(["model", "seed", "step", "steps", "shares"], sort=False, as_index=False)[
        ["right", "images"]
    ].sum()
    sums["accuracy"] = sums["right"] / sums["images"]
    over = sums.groupby(["model", "step", "steps", "shares"], sort=False)["accuracy"]
    points = over.agg(["mean", "min", "max"]).reset_index()
    x, clock = _clock(points)
    y = alt.Y(
        "mean:Q", title="test accuracy", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])
    )
    base = alt.Chart(values(points)).encode(x=x, y=y, color=model_color(models))
    chart = alt.layer(
        base.mark_area(opacity=0.15).encode(y="min:Q", y2="max:Q"),
        base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=14)).encode(
            tooltip=[
                "model:N",
                alt.Tooltip("step:Q", title="steps read"),
                alt.Tooltip("steps:Q", title="of"),
                alt.Tooltip("mean:Q", format=".2%", title="test accuracy"),
            ]
        ),
    ).properties(width=620, height=300)
    caption = (
        f"{of_how_many}{_CLOCK} The line is the mean over the seeds, the band goes from the worst "
        f"seed to the best.{clock}"
    )
    return finished(chart, "Accuracy after each step read", caption)


@CHARTS.register("steps_by_class", order=8)
def accuracy_after_each_step_by_class(records: pd.DataFrame, most: int = 4) -> Any:
    """For each class, test accuracy after each step of the sequence that has been read."""
    table, of_how_many, models = _of_best(records, most)
    table = table[table["images"] > 0]
    sums = table.groupby(["model", "class", "step", "steps", "shares"], sort=False, as_index=False)[
        ["right", "images"]
    ].sum()
    sums["accuracy"] = sums["right"] / sums["images"]
    classes = list(dict.fromkeys(table["class"]))
    steps = cell_axis(labelOverlap=True, labelSeparation=10)
    of_series = bool(table["shares"].all())
    sums["read"] = (100 * sums["step"] // sums["steps"]).map("{}%".format)
    read = "read" if of_series else "step"
    title = "share read" if of_series else "steps read"
    chart = (
        alt.Chart()
        .mark_rect()
        .encode(
            x=alt.X(f"{read}:O", title=title, axis=steps, sort=None),
            y=alt.Y("class:N", sort=classes, title="class", axis=cell_axis()),
            tooltip=[
                "model:N",
                "class:N",
                alt.Tooltip(f"{read}:O", title=title),
                alt.Tooltip("accuracy:Q", format=".1%"),
            ],
            **shade("accuracy:Q", 1.0),
        )
        .properties(width=250, height=17 * len(classes))
    )
    facets = chart.facet(
        alt.Facet("model:N", sort=models),
        data=values(sums[["model", "class", read, "accuracy"]], 3),
        columns=2,
        spacing=24,
    ).resolve_scale(x="independent")
    caption = (
        f"{of_how_many}Each class by itself: the stronger the colour, the more of its test samples "
        "are right after so many steps, mean over the seeds."
    )
    return finished(facets, "When each class is known", caption)


def _of_best(records: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str, list[str]]:
    """The steps of the `most` best causal models, words for the caption, and their names."""
    runs = ranked(records)
    table = accuracy_by_step(runs)
    kept, of_how_many = best(table, most)
    return (
        kept,
        of_how_many.replace("models", "models that read in one direction"),
        list(kept["model"].unique()),
    )


def _clock(points: pd.DataFrame) -> tuple[alt.X, str]:
    """The axis of time: steps, or shares of them where models take different numbers of steps."""
    of_series = bool(points["shares"].all())
    if points["steps"].nunique() == 1 and not of_series:
        axis = whole_axis(points["step"].max(), most=16)
        return alt.X("step:Q", title="steps read", axis=axis), ""
    points["read"] = points["step"] / points["steps"]
    axis = alt.Axis(grid=False, format="%")
    words = " Models take different numbers of steps, so that the axis is the share of them."
    if of_series:
        words = " Series have lengths of their own, so that the axis is the share of each."
    return alt.X("read:Q", title="share of the steps read", axis=axis), words
