"""A series as a small drawing: a line for each feature, open where nothing was observed."""

import base64

import numpy as np

from seqvision.comparison.charts.base import PALETTE
from seqvision.data.polylines import polylines

_WIDTH, _HEIGHT, _MARGIN = 120, 48, 2


def drawn(series: np.ndarray, low: np.ndarray, high: np.ndarray, read: int | None = None) -> str:
    """A series `(steps, features)` as an SVG in a data URI; the first 8 features of more.

    Args:
        low, high: the values at the bottom and the top, `(features,)`.
        read: how many steps are drawn; the room of the others stays free. All if not given.
    """
    paths = []
    for feature, points in polylines(series, low, high, (_WIDTH, _HEIGHT), _MARGIN, read):
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        paths.append(f'<polyline points="{line}" stroke="{PALETTE[feature % len(PALETTE)]}"/>')
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke-width="1.4" '
        f'stroke-linecap="round" stroke-linejoin="round">{"".join(paths)}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
