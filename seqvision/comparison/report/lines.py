"""A series as a small drawing: a line for each feature, open where nothing was observed."""

import base64
from collections.abc import Iterator

import numpy as np

from seqvision.comparison.charts.base import PALETTE

_WIDTH, _HEIGHT, _MARGIN = 120, 48, 2
_MOST_FEATURES = 8


def drawn(series: np.ndarray, low: np.ndarray, high: np.ndarray, read: int | None = None) -> str:
    """A series `(steps, features)` as an SVG in a data URI; the first 8 features of more.

    Args:
        low, high: the values at the bottom and the top, `(features,)`.
        read: how many steps are drawn; the room of the others stays free. All if not given.
    """
    steps = len(series)
    read = steps if read is None else read
    span = np.where(high > low, high - low, 1)
    y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * np.clip((series - low) / span, 0, 1)
    x = _MARGIN + (_WIDTH - 2 * _MARGIN) * np.arange(steps) / max(steps - 1, 1)
    paths = []
    for feature in range(min(series.shape[1], _MOST_FEATURES)):
        color = PALETTE[feature % len(PALETTE)]
        for part in _stretches(~np.isnan(y[:read, feature])):
            points = zip(x[part], y[part, feature], strict=True)
            line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            if part.stop - part.start == 1:  # A line of one point is not seen.
                line = f"{line} {line}"
            paths.append(f'<polyline points="{line}" stroke="{color}"/>')
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke-width="1.4" '
        f'stroke-linecap="round" stroke-linejoin="round">{"".join(paths)}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def _stretches(observed: np.ndarray) -> Iterator[slice]:
    """The stretches of True in `(steps,)`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], observed, [False]]).astype(int)))
    for first, end in edges.reshape(-1, 2):
        yield slice(int(first), int(end))
