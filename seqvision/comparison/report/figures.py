"""The charts of a chapter, with titles and captions as text of the page."""

from dataclasses import dataclass
from typing import Any

from seqvision.comparison.charts import CHARTS
from seqvision.errors import NothingToShow
from seqvision.registry import Registry


@dataclass(frozen=True)
class Figure:
    """A chart, or why there is none."""

    kind: str
    title: str
    small: bool
    caption: str = ""
    spec: dict[str, Any] | None = None
    problem: str = ""


def figures(table: Any, charts: Registry = CHARTS) -> list[Figure]:
    """Every chart of runs on the same data, of trials, or of a comparison over several datasets.

    They are in the `order` on their cards.

    Args:
        table: what the charts of the registry are drawn of.
    """
    entries = [charts.entry(kind) for kind in charts.names()]
    found = []
    for entry in sorted(entries, key=lambda entry: entry.card.get("order", 99)):
        small = entry.card.get("small", False)
        try:
            # Altair checked each part when it was made.
            spec = charts.get(entry.name)(table).to_dict(validate=False)
        except NothingToShow as error:
            title = entry.summary.rstrip(".")
            found.append(Figure(entry.name, title, small, problem=str(error)))
            continue
        # As text of the page they wrap, and a screen reader reads them.
        title, caption = spec.pop("title")["text"], spec["description"]
        found.append(Figure(entry.name, title, small, caption, spec))
    return found
