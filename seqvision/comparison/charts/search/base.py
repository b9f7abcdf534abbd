"""What the charts of a search share: one row for each trial, and how values are shown."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from seqvision.comparison.trials import parameters
from seqvision.errors import NothingToShow
from seqvision.metrics import is_share


def by_trial(trials: pd.DataFrame) -> pd.DataFrame:
    """One row for each trial of `load_trials`'s table, in the order proposed.

    Its columns are `trial`, `mean`, over the seeds also `low` and `high`, the parameters, and
    `kind`: `whole`, `fewer epochs` (than Hyperband gave its best trials), `stopped` (by the median
    rule) or `failed`.

    Raises:
        NothingToShow: no trial has a value.
    """
    if trials["mean"].isna().all():
        raise NothingToShow("no trial has ended well")
    groups = trials.groupby("trial")
    table = groups[["mean", "status", "epochs_given", *parameters(trials)]].first()
    table["low"], table["high"] = groups["value"].min(), groups["value"].max()
    failed = table["mean"].isna()
    stopped = groups["status"].apply(lambda status: (status == "stopped").any())
    fewer = (table["epochs_given"] < table["epochs_given"].max()).fillna(False)
    table["kind"] = np.select(
        [failed, stopped, fewer], ["failed", "stopped", "fewer epochs"], "whole"
    )
    return table.reset_index()


def objective_of(trials: pd.DataFrame) -> str:
    """The name of the metric that the search optimized."""
    return trials["objective"].iloc[0]


def varied(table: pd.DataFrame, trials: pd.DataFrame) -> list[str]:
    """The parameters that took more than one value.

    Raises:
        NothingToShow: none has.
    """
    found = [p for p in parameters(trials) if table[p].nunique(dropna=True) > 1]
    if not found:
        raise NothingToShow("no parameter took more than one value")
    return found


def is_number(column: pd.Series) -> bool:
    """Whether a parameter is a quantity and not a choice."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def is_logarithmic(column: pd.Series) -> bool:
    """Whether the logarithms of a quantity are spread more evenly than the quantity itself."""
    values = column.dropna().astype(float)
    return values.min() > 0 and _unevenness(np.log(values)) < _unevenness(values)


def _unevenness(values: pd.Series) -> float:
    """Kolmogorov's distance to values spread evenly from the smallest to the largest."""
    low, high = values.min(), values.max()
    places = np.sort((values - low) / ((high - low) or 1.0))
    return float(np.abs(places - np.linspace(0, 1, len(places))).max())


def objective_axis(objective: str) -> dict[str, Any]:
    """Title, scale and axis for an objective."""
    form = "~%" if is_share(objective) else ".4~g"
    scale = alt.Scale(zero=False, padding=8)
    return {"title": objective, "scale": scale, "axis": alt.Axis(format=form)}


def figure(objective: str) -> str:
    """The format of an objective in a tooltip."""
    return ".2%" if is_share(objective) else ".4~g"
