"""A comparison as text for people: numbers rounded, columns few, one table for each data."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from seqvision.comparison.groups import data_titles, label, value_text
from seqvision.comparison.speeds import SPEEDS, speed_text
from seqvision.formatting import (
    NONE,
    count,
    duration,
    number,
    p_value,
    percent,
    points,
    short,
)
from seqvision.metrics import is_share


class Part(NamedTuple):
    """A table of texts under a title, with notes on its rows."""

    title: str
    table: pd.DataFrame
    notes: list[str]
    named_by: list[str]
    """The columns that name a row."""


def readable(comparison: pd.DataFrame) -> list[Part]:
    """Return, for each data, the ranking and, with a baseline, the differences from it."""
    parts = []
    for title, rows in comparison.groupby(data_titles(comparison), sort=False):
        rows.attrs = comparison.attrs
        names = [label(values) for values in rows[comparison.attrs["by"]].itertuples(index=False)]
        notes = [f"{name}: {n}" for name, n in zip(names, rows["note"], strict=True) if n]
        by = comparison.attrs["by"]
        parts.append(Part(str(title), _ranking(rows), notes, by))
        if "difference" in rows and rows["common_seeds"].notna().any():
            baseline = comparison.attrs["baseline"]
            parts.append(Part(f"{title}: against {baseline}", _against(rows), [], by))
    return parts


def _ranking(rows: pd.DataFrame) -> pd.DataFrame:
    metric, target = rows.attrs["metric"], rows.attrs["target"]
    share = is_share(metric)
    value = _percent if share else number
    table = _named(rows)
    if "parent" in rows and "parent" not in table:
        table["parent"] = _texts(rows["parent"], value_text)
    table["seeds"] = _texts(rows["seeds"], count)
    table[f"{metric} %" if share else metric] = _texts(rows["mean"], value)
    table["± 95 %"] = _texts((rows["high"] - rows["low"]) / 2, value)
    for title, column in {"sd": "std", "best": "best", "worst": "worst"}.items():
        table[title] = _texts(rows[column], value)
    costs = {"parameters": ("params", short), "flops_per_image": ("FLOPs", short)}
    for column, (title, text) in costs.items():
        if column in rows and column not in table:
            table[title] = _texts(rows[column], text)
    for column, title in zip(SPEEDS, ("train/s", "test/s"), strict=True):
        if column in rows and column not in (metric, *table):
            speeds = rows[[column, f"{column}_min", f"{column}_max"]].itertuples(index=False)
            table[title] = [NONE if pd.isna(speed[0]) else speed_text(*speed) for speed in speeds]
    if target is not None:
        table[f"time to {target}"] = _texts(rows["seconds_to_target"], duration)
    return table


def _against(rows: pd.DataFrame) -> pd.DataFrame:
    share = is_share(rows.attrs["metric"])
    rows = rows[rows["common_seeds"].notna()]
    table = _named(rows)
    table["seeds"] = _texts(rows["common_seeds"], count)
    title, value = ("difference, points", points) if share else ("difference", number)
    table[title] = _with_interval(rows, "difference", value)
    table["p"] = _texts(rows["p_paired_holm"], p_value)
    table["bootstrap"] = _with_interval(rows, "bootstrap", points)
    table["McNemar p"] = _texts(rows["p_mcnemar_holm"], p_value)
    return table


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns that name a row's group."""
    by = rows.attrs["by"]
    return pd.DataFrame({column: _texts(rows[column], value_text) for column in by}, rows.index)


def _with_interval(rows: pd.DataFrame, column: str, text: Callable[[Any], str]) -> list[str]:
    """`-0.25 ± 0.12`; the intervals are symmetric."""
    low, high = rows[f"{column}_low"], rows[f"{column}_high"]
    centre = rows[column] if column in rows else (low + high) / 2
    halves = [f" ± {text(half).lstrip('+')}" if half == half else "" for half in (high - low) / 2]
    return [c + half for c, half in zip(_texts(centre, text), halves, strict=True)]


def _texts(values: pd.Series, text: Callable[[Any], str]) -> list[str]:
    return [NONE if pd.isna(value) else text(value) for value in values]


def _percent(share: float) -> str:
    """Without the percent sign, which the column's title has."""
    return percent(share).rstrip("%")
