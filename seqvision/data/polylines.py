"""Where the lines of a drawn series go: one for each feature, open where nothing was observed."""

import warnings
from collections.abc import Iterator

import numpy as np

from seqvision.data.series import Series

MOST_FEATURES = 8
"""How many features are drawn; of more, the first."""


def polylines(
    series: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    size: tuple[float, float],
    margin: float,
    read: int | None = None,
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield a feature and the points `(points, 2)` of a stretch of it that was observed.

    A stretch of one step has its point twice, as a line of one point is not seen.

    Args:
        series: `(steps, features)`, NaN where nothing was observed.
        low, high: the values at the bottom and the top, `(features,)`.
        size: the width and height of the drawing, y from the top.
        margin: what stays free at each side.
        read: how many steps are drawn; the room of the others stays free. All if not given.
    """
    width, height = size
    steps = len(series)
    span = np.where(high > low, high - low, 1)
    y = height - margin - (height - 2 * margin) * np.clip((series - low) / span, 0, 1)
    x = margin + (width - 2 * margin) * np.arange(steps) / max(steps - 1, 1)
    for feature in range(min(series.shape[1], MOST_FEATURES)):
        for part in _stretches(~np.isnan(y[:read, feature])):
            points = np.stack([x[part], y[part, feature]], axis=1)
            yield feature, np.repeat(points, 2, axis=0) if len(points) == 1 else points


def usual_range(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """The low and high ends `(features,)` of what is usual, to draw series to one scale.

    With the extremes, one outlier would leave nothing to see of the others.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # A feature that is all NaN.
        low, high = np.nanquantile(series.values, (0.005, 0.995), axis=0)
    return low, high


def _stretches(observed: np.ndarray) -> Iterator[slice]:
    """The stretches of True in `(steps,)`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], observed, [False]]).astype(int)))
    for first, end in edges.reshape(-1, 2):
        yield slice(int(first), int(end))
