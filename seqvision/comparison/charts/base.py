"""What every chart shares: which runs it shows, what they are called, and how it looks."""

import textwrap
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.groups import DATA
from seqvision.comparison.records import ORIGINAL
from seqvision.errors import NothingToShow, SeqvisionError

PALETTE = ("#415be9", "#e37407", "#169ce9", "#c71298", "#846a62", "#c67f53")
"""Distinct with any colour vision: at least 22 units of CIELAB between any two as seen with
protanopia, deuteranopia or tritanopia (Machado et al. 2009). Each stands out from white and from
near-black by 3 : 1 or more (WCAG 2.2, 1.4.11), so that one chart serves light and dark."""
ACCENT = PALETTE[0]

_SMALL = {"labelFontSize": 11, "titleFontSize": 11}
_LOOK: dict[str, Any] = {
    "font": "system-ui, -apple-system, 'Segoe UI', sans-serif",
    "background": "transparent",
    "view": {"stroke": None},
    "title": {"anchor": "start", "fontSize": 15, "subtitleFontSize": 11, "offset": 12},
    "axis": {**_SMALL, "titleFontWeight": "normal", "titlePadding": 8, "labelPadding": 4},
    "axisX": {"labelFlush": True},
    "legend": {
        **_SMALL,
        "titleFontWeight": "normal",
        "orient": "top",
        "columns": 3,
        "title": None,
        "symbolOpacity": 1,
    },
    "header": {"labelFontSize": 12, "labelFontWeight": 600, "labelPadding": 4, "title": None},
    "range": {"category": list(PALETTE)},
    "text": {"fontSize": 11},
}
# Axes, titles and labels take the colour of the text around the chart: light, dark or in print.
_INK = {
    "title": ("color", "subtitleColor"),
    "axis": ("labelColor", "titleColor", "tickColor", "domainColor", "gridColor"),
    "legend": ("labelColor", "titleColor"),
    "header": ("labelColor", "titleColor"),
    "text": ("color",),
}
_FAINT = {"axis": {"gridOpacity": 0.12, "tickOpacity": 0.4, "domainOpacity": 0.4}}


_OF_DATA = ("class_names", "input_shape", "train", "validation", "test")


def ranked(records: pd.DataFrame) -> pd.DataFrame:
    """The finished runs, those of the best model first, with the model's name as column `model`.

    The best is the one with the smallest mean test error.

    Raises:
        NothingToShow: no run is finished.
        SeqvisionError: the runs are on different data and so cannot be ranked together, or a
            record does not say what its data are.
    """
    runs = records.assign(model=model_names(records))
    runs = runs[runs["status"] == "finished"].copy()
    if runs.empty:
        raise NothingToShow(f"none of {len(records)} runs is finished")
    data = data_names(runs).unique()
    if len(data) > 1:
        raise SeqvisionError(
            f"the runs are on different data, which nothing can rank together: {', '.join(data)}; "
            f"choose one (--data {data[0]!r}, or in Python records[records.dataset == ...])"
        )
    for key in _OF_DATA:
        missing = runs[key].isna() if key in runs else pd.Series(True, runs.index)
        if missing.any():
            run = runs.loc[missing, "folder"].iloc[0]
            raise SeqvisionError(f"{run}/record.json: lacks dataset.{key}")
    runs["_error"] = runs.groupby("model")["test_error"].transform("mean")
    return runs.sort_values(["_error", "model", "seed"]).drop(columns="_error")


def model_names(records: pd.DataFrame) -> pd.Series:
    """The name of each run's model.

    It is the config's, with the config's hash where several configs have the same name.
    """
    hashes = records.groupby("name")["config_hash"].transform("nunique")
    return records["name"].where(hashes == 1, records["name"] + " " + records["config_hash"])


def data_names(records: pd.DataFrame) -> pd.Series:
    """The name of each run's data.

    It is the dataset's, with how it was split if not its own way, and with checksum and sizes where
    needed to tell data apart; missing where a record does not say.
    """
    data = records.reindex(columns=DATA)
    block = data.groupby(DATA, dropna=False).ngroup()
    names = data["dataset"].where(
        data["split"].isna() | (data["split"] == ORIGINAL), data["dataset"] + " " + data["split"]
    )
    splits = data[["train", "validation", "test"]].astype("Int64").astype("string")
    for more in (data["checksum"].astype("string").str[:8], splits.agg("+".join, axis=1)):
        several = block.groupby(names).transform("nunique") > 1
        names = names.where(~several, names + " " + more)
    return names


def best(runs: pd.DataFrame, most: int) -> tuple[pd.DataFrame, str]:
    """The runs of the `most` best models of `ranked`, and a caption's words if there are more."""
    models = list(runs["model"].unique())
    if len(models) <= most:
        return runs, ""
    return runs[runs["model"].isin(models[:most])], f"The {most} best of {len(models)} models. "


def values(table: pd.DataFrame, digits: int = 4) -> Any:
    """A table as data within a chart: `digits` significant digits, missing values null."""
    table = table.copy()
    for column in table.select_dtypes("float"):
        table[column] = [float(f"{value:.{digits}g}") for value in table[column]]
    table = table.replace([float("inf"), -float("inf")], None)
    table = table.astype(object).where(table.notna(), None)
    return alt.Data(values=table.to_dict("records"))


def error_axis(title: str, errors: pd.Series) -> dict[str, Any]:
    """Title, scale and axis for errors.

    It is logarithmic, of square roots where one is 0, or linear where they are so near each other
    that there would be no tick between them.
    """
    smallest, largest = errors.min(), errors.max()
    kind: dict[str, Any] = {"type": "sqrt"}
    if smallest > 0:
        kind = {"type": "log", "nice": False, "padding": 12}
    heads = (1, 2, 5) if largest > 8 * smallest else (1, 1.5, 2, 3, 4, 5, 7)
    ticks = [head * 10.0**tens for tens in range(-5, 0) for head in heads]
    if sum(smallest <= tick <= largest for tick in ticks) < 2:
        scale = alt.Scale(zero=False, padding=12)
        return {"title": title, "scale": scale, "axis": alt.Axis(format="~%", tickCount=4)}
    axis = alt.Axis(format="~%", values=[*ticks, 1], labelOverlap=True)
    return {"title": title, "scale": alt.Scale(**kind), "axis": axis}


def whole_axis(largest: float, most: int = 8) -> alt.Axis:
    """An axis for numbers that count from 1, such as epochs: at most `most` labels, all whole."""
    steps = (head * 10**tens for tens in range(9) for head in (1, 2, 5))
    step = next(step for step in steps if largest <= step * most)
    return alt.Axis(values=list(range(step, int(largest) + 1, step)), format="d", grid=False)


def cell_axis(**options: Any) -> alt.Axis:
    """The axis of a table of cells: only labels."""
    bare = {"ticks": False, "domain": False, "grid": False, "labelFlush": False, "labelAngle": 0}
    return alt.Axis(**{**bare, "labelLimit": 180, **options})


def model_color(models: Sequence[str]) -> alt.Color:
    """A colour for each of up to six models."""
    return alt.Color("model:N", scale=alt.Scale(domain=list(models), range=list(PALETTE)))


def shade(column: str, largest: float) -> dict[str, Any]:
    """Encodings that fill a cell with the accent, the stronger the larger its value."""
    scale = alt.Scale(domain=[0, largest or 1], range=[0.03, 0.85])
    return {
        "fill": alt.value(ACCENT),
        "fillOpacity": alt.FillOpacity(column, scale=scale).legend(None),
    }


def finished(chart: Any, title: str, caption: str) -> Any:
    """The chart in this project's look, with a title and a caption that says what it shows."""
    config: dict[str, Any] = {
        part: dict(look) if isinstance(look, dict) else look for part, look in _LOOK.items()
    }
    for part, keys in _INK.items():
        config[part] |= dict.fromkeys(keys, "currentColor") | _FAINT.get(part, {})
    return chart.properties(
        title=alt.Title(title, subtitle=textwrap.wrap(caption, 90)), description=caption
    ).configure(**config)
