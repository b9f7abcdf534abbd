"""What a page says of its records, whichever kind of page it is; and Markdown's marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seqvision.comparison.formats import escape_md


@dataclass(frozen=True)
class Body:
    """What a page says between its title and what it was made with, in paragraphs of Markdown."""

    lead: str
    """What the numbers are."""
    sections: list[str]
    warnings: list[str] = field(default_factory=list)
    """What to know of the numbers, before what a person adds."""
    figures: dict[str, Any] = field(default_factory=dict)
    """Altair charts by the names of the files that the page shows."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its texts are escaped already."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *lines])


def frame(shown: pd.DataFrame) -> str:
    """A table of texts, which are escaped."""
    return table(
        [*map(escape_md, shown.columns)], [[*map(escape_md, row)] for row in shown.to_numpy()]
    )


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"
