"""What accuracy costs: error against parameters, arithmetic and speed, with the Pareto front."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from seqvision.comparison.charts import CHARTS
from seqvision.comparison.charts.base import ACCENT, error_axis, finished, ranked, values
from seqvision.comparison.speeds import SPEEDS, medians
from seqvision.errors import NothingToShow


@CHARTS.register("parameters", order=1, small=True)
def error_against_parameters(records: pd.DataFrame) -> Any:
    """Test error against the number of parameters, with the Pareto front."""
    return _against(records, "parameters", "parameters", "Error and size", "has fewer parameters")


@CHARTS.register("flops", order=2, small=True)
def error_against_flops(records: pd.DataFrame) -> Any:
    """Test error against the arithmetic that one sample takes, with the Pareto front."""
    axis = "FLOPs a sample"
    return _against(records, "flops_per_image", axis, "Error and arithmetic", "takes fewer FLOPs")


@CHARTS.register("speed", order=3, small=True)
def error_against_speed(records: pd.DataFrame) -> Any:
    """Test error against the speed of inference, with the Pareto front."""
    axis, column = "samples/s, inference", "inference_images_per_second"
    machines = records["cpu"].dropna().nunique() if "cpu" in records else 1
    warning = f" Beware: measured on {machines} kinds of machine." if machines > 1 else ""
    return _against(records, column, axis, "Error and speed", "is faster", True, warning)


def pareto(cost: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Which points are on the Pareto front: no other is as small in both and smaller in one.

    Args:
        cost, error: `(n,)`; smaller is better.

    Returns:
        bool `(n,)`.
    """
    below = (cost[:, None] <= cost) & (error[:, None] <= error)
    strictly = (cost[:, None] < cost) | (error[:, None] < error)
    return ~np.any(below & strictly, axis=0)


def _against(
    records: pd.DataFrame,
    column: str,
    axis: str,
    title: str,
    better: str,
    larger_is_better: bool = False,
    warning: str = "",
) -> Any:
    runs = ranked(records)
    runs = runs[runs[column].notna()] if column in runs else runs.iloc[:0]
    if runs.empty:
        raise NothingToShow(f"no record says its {column}")
    cost = medians(runs, "model", [column])
    points = runs.groupby("model", sort=False).agg(
        error=("test_error", "mean"),
        low=("test_error", "min"),
        high=("test_error", "max"),
        seeds=("seed", "size"),
    )
    points["x"] = cost[column]
    points["least"] = cost.get(f"{column}_min", points["x"])
    points["most"] = cost.get(f"{column}_max", points["x"])
    sign = -1 if larger_is_better else 1
    points["front"] = pareto(sign * points["x"].to_numpy(float), points["error"].to_numpy())
    points = points.reset_index()
    logarithmic = alt.Scale(type="log", nice=False, padding=16)
    ticks = alt.Axis(format="~s", tickCount=4, grid=False, labelOverlap=True, labelSeparation=8)
    x = alt.X("x:Q", title=axis, scale=logarithmic, axis=ticks)
    y = alt.Y("error:Q", **error_axis("test error", points[["low", "high"]].stack()))
    tooltip = [
        alt.Tooltip("model:N"),
        alt.Tooltip("error:Q", format=".2%", title="test error, mean"),
        alt.Tooltip("x:Q", format=",.0f", title=f"{axis}, median"),
        alt.Tooltip("seeds:Q", title="runs"),
    ]
    every = alt.Chart(values(points)).encode(x=x, y=y, tooltip=tooltip)
    front = alt.Chart(values(points[points["front"]].sort_values("x"))).encode(x=x, y=y)
    step = "step-before" if larger_is_better else "step-after"
    color = alt.condition("datum.front", alt.value(ACCENT), alt.value("#8a8f98"))
    chart = alt.layer(
        front.mark_line(interpolate=step, strokeWidth=1, strokeDash=[3, 3], color=ACCENT),
        every.mark_rule(opacity=0.4).encode(y="low:Q", y2="high:Q", color=color),
        every.mark_rule(opacity=0.4).encode(x="least:Q", x2="most:Q", color=color),
        every.mark_circle(size=55, opacity=1).encode(color=color),
        front.mark_text(align="left", baseline="bottom", dx=6, dy=-3, fontSize=10).encode(
            text="model:N"
        ),
    ).properties(width=300, height=240)
    caption = (
        "A dot is a model, its error the mean over its seeds; its line goes from the best seed to "
        f"the worst{', another from the slowest to the fastest' if column in SPEEDS else ''}. "
        f"Named are the models that none beats: none that {better} errs less.{warning}"
    )
    return finished(chart, title, caption)
