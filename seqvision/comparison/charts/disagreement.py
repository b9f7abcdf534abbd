"""How often pairs of models give different answers."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from seqvision.comparison.answers import Answers, answers
from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import best, cell_axis, finished, ranked, shade, values
from seqvision.errors import NothingToShow


@CHARTS.register("disagreement", order=9)
def disagreement(records: pd.DataFrame, most: int = 16) -> Any:
    """For each pair of models, the share of test samples to which they give different answers."""
    runs, of_how_many = best(ranked(records), most)
    table = differing(answers(runs))
    if table.empty:
        raise NothingToShow("one run alone disagrees with none")
    models = list(runs["model"].unique())
    base = alt.Chart(values(table)).encode(
        x=alt.X(
            "other:N",
            sort=models,
            title=None,
            axis=cell_axis(labelAngle=-40),
        ),
        y=alt.Y("model:N", sort=models, title=None, axis=cell_axis()),
        tooltip=[
            "model:N",
            "other:N",
            alt.Tooltip("differ:Q", format=".2%", title="different answers"),
            alt.Tooltip("right:Q", format=".2%", title="only one is right"),
        ],
    )
    chart = alt.layer(
        base.mark_rect().encode(**shade("differ:Q", table["differ"].max())),
        base.mark_text(fontSize=10).encode(text=alt.Text("differ:Q", format=".1%")),
    ).properties(width=alt.Step(44), height=alt.Step(24))
    caption = (
        f"{of_how_many}The share of test samples to which two models give different answers, mean "
        "over all pairs of their runs. On the diagonal are two seeds of the same model: what lies "
        "above that, the models differ by more than by chance."
    )
    return finished(chart, "Where models disagree", caption)


def differing(every: Answers) -> pd.DataFrame:
    """How far the answers of each pair of models differ.

    A row has the shares of samples that they answer differently (`differ`) and that only one has
    right (`right`), mean over all pairs of a run of the one and a run of the other; for a model
    with itself, over all pairs of two of its runs.
    """
    rows = []
    models = list(every.models.items())
    for place, (model, own) in enumerate(models):
        for other, others in models[: place + 1]:
            pairs = [(a, b) for a in own for b in others if model != other or a < b]
            if not pairs:
                continue
            differ = np.mean([np.mean(every.predicted[a] != every.predicted[b]) for a, b in pairs])
            right = np.mean([np.mean(every.wrong[a] != every.wrong[b]) for a, b in pairs])
            rows.append((model, other, differ, right))
    return pd.DataFrame(rows, columns=["model", "other", "differ", "right"])
