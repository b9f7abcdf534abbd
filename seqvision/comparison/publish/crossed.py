"""A table of two things at once, such as models by the order in which they read."""

from collections.abc import Iterator

import pandas as pd

from seqvision.comparison.formats import escape_md
from seqvision.comparison.groups import data_titles, value_text
from seqvision.comparison.publish.body import table
from seqvision.comparison.remarks import Crossed
from seqvision.comparison.table import compare
from seqvision.formatting import NONE, percent


def crossed(records: pd.DataFrame, asked: list[Crossed]) -> Iterator[str]:
    """For each table asked for and each data, mean test errors with their intervals.

    Rows and columns are in the order of their mean errors over what all of them have, the least
    first.

    Raises:
        SeqvisionError: a column that the records do not have.
    """
    for each in asked:
        compared = compare(records, by=[each.rows, each.columns])
        compared = compared[compared["mean"].notna()]
        for title, cells in compared.groupby(data_titles(compared), sort=False):
            yield f"## {escape_md(each.title)}: {escape_md(title)}"
            yield _crossed(cells, each)


def _crossed(cells: pd.DataFrame, asked: Crossed) -> str:
    keys = [cells[column].map(value_text) for column in (asked.rows, asked.columns)]
    half = (cells["high"] - cells["low"]) / 2
    texts = [
        _text(mean) if pd.isna(spread) else f"{_text(mean)} ± {_text(spread)}"
        for mean, spread in zip(cells["mean"], half, strict=True)
    ]
    means = cells["mean"].groupby(keys).first().unstack()
    shown = pd.Series(texts, cells.index).groupby(keys).first().unstack()
    rows, columns = _best_first(means), _best_first(means.T)
    shown = shown.reindex(index=rows, columns=columns).fillna(NONE)
    lines = [[escape_md(name), *line] for name, line in zip(rows, shown.to_numpy(), strict=True)]
    head = f"{asked.rows}, by {asked.columns}"
    return table([escape_md(head), *map(escape_md, columns)], lines)


def _best_first(means: pd.DataFrame) -> list[str]:
    """The rows by their means over columns that are full; where there is none, over all."""
    full = means.dropna(axis="columns")
    return list((means if full.empty else full).mean(axis="columns").sort_values().index)


def _text(share: float) -> str:
    return percent(share).rstrip("%")
