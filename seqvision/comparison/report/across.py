"""The section of a report on all datasets together: ranks, values, and which models differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from seqvision.comparison.across import across
from seqvision.comparison.across.words import caption, in_short, parts
from seqvision.comparison.charts.across import ACROSS_CHARTS
from seqvision.comparison.readable import Part
from seqvision.comparison.report.figures import Figure, figures
from seqvision.errors import NothingToShow


@dataclass(frozen=True)
class AcrossSection:
    """The part of the report on all datasets together."""

    lead: str
    figures: list[Figure]
    tables: list[Part]
    notes: list[str]


def across_section(
    records: pd.DataFrame, published: Mapping[str, str | Path] | None
) -> AcrossSection | None:
    """The section on several models and datasets, or on resamples or folds of one; None without.

    Raises:
        SeqvisionError: a file of published results cannot be read.
    """
    try:
        comparison = across(records, published=published)
    except NothingToShow:
        return None
    datasets, models = comparison.values.shape
    if comparison.cells.split == "original" and min(datasets, models) < 2:
        return None
    tables = parts(comparison)
    drawn = [figure for figure in figures(comparison, ACROSS_CHARTS) if figure.spec]
    lead = f"{tables[0].title}. {in_short(comparison)}"
    return AcrossSection(lead, drawn, tables, caption(comparison))
