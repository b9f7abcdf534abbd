"""Charts of records, each a function from `load_records`'s DataFrame to an altair chart.

Example:
    from seqvision.comparison.charts import learning_curves
    learning_curves(seqvision.load_records("results")).save("curves.svg")
"""

from typing import Any

from seqvision.registry import Registry

CHARTS = Registry("chart", __name__, group="seqvision.charts", given=("records",))
"""`seqvision plot` draws one by its name; a report shows all, by the `order` on their cards."""


def __getattr__(name: str) -> Any:
    return CHARTS.attribute(name)
