"""The critical-difference diagram: mean ranks, and which models cannot be told apart."""

from typing import Any

import altair as alt
import pandas as pd

from seqvision.comparison.across import Across
from seqvision.comparison.across.words import OVER, in_short, shown
from seqvision.comparison.charts.across import ACROSS_CHARTS
from seqvision.comparison.charts.base import ACCENT, finished, values
from seqvision.errors import NothingToShow
from seqvision.formatting import counted, mean_rank

_FEWEST_MODELS = 3
_FEWEST_DATASETS = 5
_ROW = 22
"""Pixels; heights below are in rows."""
_BETWEEN_BARS = 0.4
_INK: dict[str, Any] = {"color": "currentColor", "opacity": 0.7}
_MIDDLE: dict[str, Any] = {"baseline": "middle"}


@ACROSS_CHARTS.register("critical_difference", order=1)
def critical_difference_diagram(comparison: Across) -> Any:
    """The mean ranks of models over datasets, with bars that join those not told apart.

    Demšar 2006, JMLR 7, figure 1.

    Raises:
        NothingToShow: there are fewer than three models, or than five datasets with all of them.
    """
    models, datasets = len(comparison.models), len(comparison.complete)
    if models < _FEWEST_MODELS or datasets < _FEWEST_DATASETS:
        raise NothingToShow(
            f"{counted(models, 'model')} on {counted(datasets, 'dataset')} that all of them have: "
            f"ranks are drawn of {_FEWEST_MODELS} models on {_FEWEST_DATASETS} datasets or more"
        )
    layer = _Layers(models)
    _draw_axis(layer)
    if comparison.critical_difference is not None:
        _draw_ruler(layer, comparison.critical_difference)
    below = _draw_bars(layer, comparison)
    rows = _draw_names(layer, comparison, below)
    chart = alt.layer(*layer.drawn).properties(width=620, height=_ROW * (rows + 2.5))
    return finished(chart, "Mean ranks over datasets", _caption(comparison))


class _Layers:
    """The layers of a diagram, on scales that all share: ranks to the right, rows down."""

    def __init__(self, models: int):
        self.models = models
        room = 0.45 * (models - 1)  # For names beside the axis.
        domain = [1 - room, models + room]
        ranks = alt.Scale(domain=domain, nice=False)
        rows = alt.Scale(reverse=True, nice=False, zero=False)
        self.place: dict[str, Any] = {
            "x": alt.X("x:Q", scale=ranks, axis=None),
            "y": alt.Y("y:Q", scale=rows, axis=None),
        }
        self.drawn: list[Any] = []

    def rules(self, table: dict[str, Any], look: dict[str, Any], **more: Any) -> None:
        """Lines from `x`, `y` to `x2` or `y2`."""
        ends = {end: f"{end}:Q" for end in ("x2", "y2") if end in table}
        chart = alt.Chart(values(pd.DataFrame(table))).mark_rule(**look)
        self.drawn.append(chart.encode(**self.place, **ends, **more))

    def texts(self, table: dict[str, Any], look: dict[str, Any]) -> None:
        """`text` at `x`, `y`."""
        chart = alt.Chart(values(pd.DataFrame(table))).mark_text(**_MIDDLE, **look)
        self.drawn.append(chart.encode(**self.place, text="text:N"))


def _draw_axis(layer: _Layers) -> None:
    ranks = list(range(1, layer.models + 1))
    halves = [rank + 0.5 for rank in ranks[:-1]]
    layer.rules({"x": [1], "x2": [layer.models], "y": [0]}, _INK)
    layer.rules({"x": ranks, "y": 0, "y2": -0.3}, _INK)
    layer.rules({"x": halves, "y": 0, "y2": -0.15}, _INK)
    layer.texts({"x": ranks, "y": -0.7, "text": [str(rank) for rank in ranks]}, {})


def _draw_ruler(layer: _Layers, difference: float) -> None:
    """The critical difference, above the axis."""
    y, end = -1.5, min(1 + difference, layer.models)  # Beyond the axis nothing can differ.
    layer.rules({"x": [1], "x2": [end], "y": [y]}, _INK)
    layer.rules({"x": [1, end], "y": y - 0.15, "y2": y + 0.15}, _INK)
    said = f"CD = {mean_rank(difference)}"
    layer.texts({"x": [(1 + end) / 2], "y": [y - 0.5], "text": [said]}, {})


def _draw_bars(layer: _Layers, comparison: Across) -> float:
    """Bars that join what cannot be told apart; return the row below them."""
    rank = comparison.models.set_index("model")["mean_rank"]
    groups = comparison.alike
    bars = {
        "x": [rank[group[0]] for group in groups],
        "x2": [rank[group[-1]] for group in groups],
        "y": [_BETWEEN_BARS * (place + 1) for place in range(len(groups))],
        "models": [", ".join(group) for group in groups],
    }
    if groups:
        look = {"strokeWidth": 5, "color": ACCENT, "strokeCap": "round"}
        layer.rules(bars, look, tooltip=alt.Tooltip("models:N", title="not told apart"))
    return _BETWEEN_BARS * (len(groups) + 1)


def _draw_names(layer: _Layers, comparison: Across, below: float) -> float:
    """The names, each at the end of a line from its rank; return the last row.

    The better half stands at the left, the best on top; the other at the right, the worst on top.
    """
    models, names = layer.models, shown(comparison)
    half = (models + 1) // 2
    for left in (True, False):
        own = comparison.models[:half] if left else comparison.models[: half - 1 : -1]
        ranks, room = own["mean_rank"].tolist(), 0.06 * (models - 1)
        rows = [below + 0.6 + place for place in range(len(own))]
        side = 1 - room if left else models + room
        thin = {**_INK, "strokeWidth": 1}
        layer.rules({"x": ranks, "y": rows, "y2": 0}, thin)
        layer.rules({"x": ranks, "x2": side, "y": rows}, thin)
        pairs = [
            (names[model], mean_rank(mean)) for model, mean in zip(own["model"], ranks, strict=True)
        ]
        texts = ["  ".join(pair if left else pair[::-1]) for pair in pairs]
        look = {"align": "right", "dx": -5} if left else {"align": "left", "dx": 5}
        layer.texts({"x": side, "y": rows, "text": texts}, look)
    return below + 0.6 + half


def _caption(comparison: Across) -> str:
    datasets = counted(len(comparison.complete), "dataset")
    split = comparison.cells.split
    over = f"{'on' if split == 'original' else 'as the mean over'} {OVER[split]}"
    test = "Wilcoxon's signed-rank tests, corrected after Holm"
    if comparison.critical_difference is not None:
        test = "Nemenyi's test, of which CD is the critical difference"
    published = (
        " † was not rerun: these are published results." if comparison.cells.published else ""
    )
    return (
        f"The mean rank of each model over {datasets}, each {over}, by {comparison.metric}; 1 is "
        f"the best. A bar joins models that cannot be told apart by {test}. "
        f"{in_short(comparison)}{published}"
    )
