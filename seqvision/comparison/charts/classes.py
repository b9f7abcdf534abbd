"""Which classes are hard."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from seqvision.comparison.answers import answers
from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import best, cell_axis, finished, ranked, shade, values
from seqvision.errors import NothingToShow

_MOST_CLASSES = 40


@CHARTS.register("classes", order=5)
def error_by_class(records: pd.DataFrame, most: int = 24) -> Any:
    """The share of each class's test samples that a model gets wrong."""
    runs, of_how_many = best(ranked(records), most)
    every = answers(runs)
    classes = list(runs["class_names"].iloc[0])
    if len(classes) > _MOST_CLASSES:
        raise NothingToShow(f"{len(classes)} classes: more than a table can show")
    rows = [
        (model, name, every.wrong[places][:, every.labels == place].mean())
        for model, places in every.models.items()
        for place, name in enumerate(classes)
        if np.any(every.labels == place)
    ]
    table = pd.DataFrame(rows, columns=["model", "class", "error"])
    base = alt.Chart(values(table)).encode(
        x=alt.X("class:N", sort=classes, title="class", axis=cell_axis(labelLimit=44)),
        y=alt.Y("model:N", sort=list(every.models), title=None, axis=cell_axis()),
        tooltip=["model:N", "class:N", alt.Tooltip("error:Q", format=".2%", title="error")],
    )
    chart = alt.layer(
        base.mark_rect().encode(**shade("error:Q", table["error"].max())),
        base.mark_text(fontSize=10).encode(text=alt.Text("error:Q", format=".1%")),
    ).properties(width=alt.Step(44), height=alt.Step(22))
    caption = (
        f"{of_how_many}Of each class's test samples, the share that a model gets wrong, mean over "
        "its seeds. The best model is at the top; the stronger the colour, the larger the share."
    )
    return finished(chart, "Error by class", caption)
