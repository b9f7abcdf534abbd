"""How much each parameter matters, by the trials."""

from typing import Any

import altair as alt
import numpy as np
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

    table = by_trial(trials)
    table = table[table["kind"] == "whole"]
    if len(table) < _FEWEST or table["mean"].nunique() < 2:
        raise NothingToShow(f"{len(table)} whole trials say too little of what matters")
    paths = varied(table, trials)
    inputs = pd.DataFrame({path: _coded(table[path]) for path in paths})
    forest = RandomForestRegressor(400, min_samples_leaf=2, oob_score=True, random_state=0)
    forest.fit(inputs, table["mean"])
    means = _worse_when_shuffled(forest, inputs, table["mean"].to_numpy()).clip(min=0)
    shares = means / (means.sum() or 1.0)
    result = pd.DataFrame({"parameter": paths, "importance": shares})
    return result.sort_values("importance", ascending=False), float(forest.oob_score_)


def _worse_when_shuffled(forest: Any, inputs: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    """How much less of the variance of `truth` is explained once each column is shuffled.

    The mean of thirty times, all of which are predicted at once: as many calls of a forest take
    ten times as long.
    """
    repeats, (rows, columns) = 30, inputs.shape
    random = np.random.default_rng(0)
    given = np.tile(inputs.to_numpy(), (columns, repeats, 1, 1))
    for column, copies in enumerate(given):
        for copy in copies:
            copy[:, column] = random.permutation(copy[:, column])
    given = np.concatenate([inputs.to_numpy(), given.reshape(-1, columns)])
    said = forest.predict(pd.DataFrame(given, columns=inputs.columns))
    lost = np.square(said.reshape(-1, rows) - truth).sum(axis=1)
    worse = (lost[1:] - lost[0]) / np.square(truth - truth.mean()).sum()
    return worse.reshape(columns, repeats).mean(axis=1)


def _coded(column: pd.Series) -> pd.Series:
    """A parameter as numbers; where it was not in use, below all others."""
    if is_number(column):
        return column.astype(float).fillna(column.min() - 1)
    texts = column.astype(str).where(column.notna())
    return texts.astype("category").cat.codes.astype(float)
