"""Charts of a search, each a function from `load_trials`'s DataFrame to an altair chart.

Example:
    from seqvision.comparison.charts.search import search_history
    search_history(seqvision.load_trials("results/gru3-tune")).save("history.svg")
"""

from typing import Any

from seqvision.registry import Registry

SEARCH_CHARTS = Registry(
    "search chart", __name__, group="seqvision.search_charts", given=("trials",)
)
"""`seqvision plot` draws one by its name; a report shows all, by the `order` on their cards."""


def __getattr__(name: str) -> Any:
    return SEARCH_CHARTS.attribute(name)
