"""How much each parameter matters, by the trials."""

from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.charts.base import ACCENT, finished, values
from seqvision.comparison.charts.search import SEARCH_CHARTS
from seqvision.comparison.charts.search.base import by_trial, is_number, objective_of, varied
from seqvision.errors import NothingToShow

_FEWEST = 8  # trials


@SEARCH_CHARTS.register("importance", order=3, small=True)
def parameter_importance(trials: pd.DataFrame) -> Any:
    """How much worse a model of the trials predicts without each parameter."""
    table, explained = importances(trials)
    chart = (
        alt.Chart(values(table))
        .mark_bar(color=ACCENT)
        .encode(
            x=alt.X("importance:Q", title="importance", axis=alt.Axis(format="~%", tickCount=5)),
            y=alt.Y("parameter:N", sort=list(table["parameter"]), title=None),
            tooltip=[alt.Tooltip("parameter:N"), alt.Tooltip("importance:Q", format=".0%")],
        )
        .properties(width=300, height=alt.Step(26))
    )
    objective = objective_of(trials)
    caption = (
        f"A random forest that predicts the {objective} from the parameters explains "
        f"{max(explained, 0.0):.0%} of its spread over trials it has not seen. A bar is how much "
        "worse it gets when that parameter is shuffled, as a share of all (Breiman 2001)."
    )
    if explained < 0.3:
        caption += " That is little: the bars say next to nothing."
    return finished(chart, "What matters", caption)


def importances(trials: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """The importance of each parameter that was varied, the largest first, as shares of their sum.

    Returns:
        Columns `parameter` and `importance`; and the share of the variance of left-out trials that
        the model explains, below 0 where it is worse than the mean.

    Raises:
        NothingToShow: fewer than eight trials have ended well, or all gave the same.
    """
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    table = by_trial(trials)
    table = table[table["kind"] == "whole"]
    if len(table) < _FEWEST or table["mean"].nunique() < 2:
        raise NothingToShow(f"{len(table)} whole trials say too little of what matters")
    paths = varied(table, trials)
    inputs = pd.DataFrame({path: _coded(table[path]) for path in paths})
    forest = RandomForestRegressor(400, min_samples_leaf=2, oob_score=True, random_state=0)
    forest.fit(inputs, table["mean"])
    found = permutation_importance(forest, inputs, table["mean"], n_repeats=30, random_state=0)
    means = found["importances_mean"].clip(min=0)
    shares = means / (means.sum() or 1.0)
    result = pd.DataFrame({"parameter": paths, "importance": shares})
    return result.sort_values("importance", ascending=False), float(forest.oob_score_)


def _coded(column: pd.Series) -> pd.Series:
    """A parameter as numbers; where it was not in use, below all others."""
    if is_number(column):
        return column.astype(float).fillna(column.min() - 1)
    texts = column.astype(str).where(column.notna())
    return texts.astype("category").cat.codes.astype(float)
