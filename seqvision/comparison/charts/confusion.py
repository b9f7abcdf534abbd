"""Which classes are mistaken for which."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from seqvision.comparison.answers import answers
from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import best, cell_axis, finished, ranked, shade, values
from seqvision.errors import NothingToShow

_MOST_CLASSES = 40


@CHARTS.register("confusion", order=6)
def confusion_matrices(records: pd.DataFrame, most: int = 6) -> Any:
    """For each model, how many test samples of a class are taken for another."""
    runs, of_how_many = best(ranked(records), most)
    table, classes = _mistakes(runs), list(runs["class_names"].iloc[0])
    step = 22 if len(classes) <= 12 else max(6, 264 // len(classes))
    side_length = step * len(classes)
    side: dict[str, Any] = {"sort": classes, "scale": alt.Scale(domain=classes)}
    angle = -40 if max(map(len, classes)) > 3 else 0
    base = alt.Chart().encode(
        x=alt.X(
            "said:N",
            title="the model says",
            axis=cell_axis(labelAngle=angle, labelLimit=80),
            **side,
        ),
        y=alt.Y("true:N", title="it is", axis=cell_axis(labelLimit=80), **side),
        tooltip=[
            alt.Tooltip("model:N"),
            alt.Tooltip("true:N", title="it is"),
            alt.Tooltip("said:N", title="the model says"),
            alt.Tooltip("images:Q", format=".1f", title="samples, mean over seeds"),
            alt.Tooltip("share:Q", format=".2%", title="of the class"),
        ],
    )
    layers = [base.mark_rect().encode(**shade("share:Q", table["share"].max()))]
    if step >= 20:
        text = base.mark_text(fontSize=9).encode(text=alt.Text("images:Q", format=".0f"))
        layers.append(text.transform_filter("datum.images >= 0.5"))
    frame = alt.ViewConfig(stroke="currentColor", strokeOpacity=0.15)
    chart = alt.layer(*layers, view=frame).properties(width=side_length, height=side_length)
    facets = chart.facet(
        alt.Facet("model:N", sort=list(runs["model"].unique())),
        data=values(table),
        columns=3,
        spacing=18,
    )
    caption = (
        f"{of_how_many}Mistakes alone: how many test samples of the class at the left the model "
        "takes for the class below, mean over its seeds. The stronger the colour, the larger the "
        "share of the class."
    )
    return finished(facets, "What is taken for what", caption)


def _mistakes(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each model and each mistake it makes: `true`, `said`, `images`, `share`."""
    every = answers(runs)
    names = list(runs["class_names"].iloc[0])
    if len(names) > _MOST_CLASSES:
        raise NothingToShow(f"{len(names)} classes: more than a matrix can show")
    sizes = np.bincount(every.labels, minlength=len(names))
    rows = []
    for model, places in every.models.items():
        counts = np.zeros((len(names), len(names)))
        for place in places:
            np.add.at(counts, (every.labels, every.predicted[place]), 1 / len(places))
        np.fill_diagonal(counts, 0)
        for true, said in np.argwhere(counts):
            images = counts[true, said]
            share = images / sizes[true]
            rows.append((model, names[true], names[said], images, share))
    if not rows:
        raise NothingToShow("no run makes a mistake")
    return pd.DataFrame(rows, columns=["model", "true", "said", "images", "share"])
