"""The section of a report on a search: its charts, and in words what it found."""

from dataclasses import dataclass

import pandas as pd

from seqvision.comparison.charts.search import SEARCH_CHARTS
from seqvision.comparison.charts.search.base import by_trial, objective_of
from seqvision.comparison.report.figures import Figure, figures
from seqvision.comparison.trials import parameters
from seqvision.errors import NothingToShow
from seqvision.formatting import counted, number
from seqvision.metrics import higher_is_better, metric_value


@dataclass(frozen=True)
class SearchSection:
    """The part of the report on one search."""

    id: str
    name: str
    lead: str
    figures: list[Figure]


def search_section(id: str, name: str, trials: pd.DataFrame) -> SearchSection:
    """The section on a search, from what `load_trials` gives of it."""
    return SearchSection(id, name, _in_words(trials), figures(trials, SEARCH_CHARTS))


def _in_words(trials: pd.DataFrame) -> str:
    seeds, objective = trials["seed"].nunique(), objective_of(trials)
    words = f"{counted(trials['trial'].nunique(), 'trial')}, {counted(seeds, 'seed')} each"
    words += f", judged by {objective}"
    try:
        table = by_trial(trials)
    except NothingToShow as error:
        return f"{words}: {error}."
    whole = table[table["kind"] == "whole"].sort_values(
        "mean", ascending=not higher_is_better(objective), kind="stable"
    )
    if whole.empty:
        return f"{words}: none was trained for all its epochs."
    best = whole.iloc[0]
    found = ", ".join(
        f"{path} {number(best[path])}" if isinstance(best[path], float) else f"{path} {best[path]}"
        for path in parameters(trials)
        if pd.notna(best[path])
    )
    return (
        f"{words}. The best is trial {best['trial']}, {objective} "
        f"{metric_value(objective, best['mean'])}: {found}. "
        "The validation images have chosen it, and therefore flatter it."
    )
