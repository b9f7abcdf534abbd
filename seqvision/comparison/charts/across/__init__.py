"""Charts of models over several datasets, each a function of what `across` returns.

Example:
    from seqvision.comparison.across import across
    from seqvision.comparison.charts.across import critical_difference_diagram
    critical_difference_diagram(across(seqvision.load_records("results"))).save("ranks.svg")
"""

from typing import Any

from seqvision.registry import Registry

ACROSS_CHARTS = Registry(
    "chart across datasets", __name__, group="seqvision.across_charts", given=("comparison",)
)
"""`seqvision plot` draws one by its name; a report of several datasets shows all, by the `order` on
their cards."""


def __getattr__(name: str) -> Any:
    return ACROSS_CHARTS.attribute(name)
