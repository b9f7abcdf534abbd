"""The page: how it was written, what the records say, and what they were made with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from seqvision.comparison.formats import escape_md
from seqvision.comparison.left_out import grouped_warnings
from seqvision.comparison.publish.by_data import by_data
from seqvision.comparison.publish.over_datasets import over_datasets
from seqvision.comparison.records import ORIGINAL
from seqvision.comparison.remarks import Notes
from seqvision.errors import NothingToShow
from seqvision.formatting import counted

_BACKENDS = ["tensorflow", "jax", "jaxlib", "torch"]
_MADE_WITH = ["seqvision", "git_commit", "keras", *_BACKENDS, "numpy", "python", "backend"]
_MADE_ON = ["cpu", "cores", "threads", "platform", "deterministic"]


@dataclass(frozen=True)
class Page:
    """A page of results.

    Attributes:
        text: in GitHub's Markdown.
        figures: Altair charts by the names of the SVG files beside it, which it shows.
    """

    text: str
    figures: dict[str, Any]


@grouped_warnings()
def page(records: pd.DataFrame, notes: Notes, command: str, name: str | None = None) -> Page:
    """Return the page of records.

    Runs on samples drawn anew, or on several sets of the archive, make a page over all datasets;
    others a table for each data.

    Args:
        records: what `load_records` gives.
        command: the command that wrote the page, to be named on it.
        name: that of the page's file, without its ending; figures need it.

    Raises:
        SeqvisionError: no run is finished.
    """
    finished = records[records["status"] == "finished"]
    if finished.empty:
        raise NothingToShow(
            f"none of {counted(len(records), 'run')} is finished: there is nothing to publish"
        )
    body = over_datasets(records, notes, name) if _of_many_datasets(finished) else None
    body = body or by_data(records, notes)
    parts = [
        "# Results",
        f"Written by `{command}`. {body.lead}",
        *body.warnings,
        *map(escape_md, notes.remarks),
        *body.sections,
        *_provenance(finished),
    ]
    return Page("\n\n".join(parts) + "\n", body.figures)


def _of_many_datasets(finished: pd.DataFrame) -> bool:
    drawn_anew = (finished["split"] != ORIGINAL).any()
    return drawn_anew or finished.get("data.dataset.problem", pd.Series()).nunique() > 1


def _provenance(finished: pd.DataFrame) -> Iterator[str]:
    yield "## Made with"
    lines = []
    for column in [*_MADE_WITH, *_MADE_ON]:
        if column in finished:
            values = sorted({str(value) for value in finished[column].dropna()} - {""})
            lines += (
                [] if not values else [f"- {escape_md(column)}: {escape_md(', '.join(values))}"]
            )
    yield "\n".join(lines)
