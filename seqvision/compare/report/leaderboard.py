"""The leaderboard: `seqvision.compare`'s table as cells with a text and a value to sort by."""

from dataclasses import dataclass, field

import pandas as pd

from seqvision.compare.charts.base import ranked


@dataclass(frozen=True)
class Column:
    """A heading; `sorted` is how the table comes: `ascending` for the column it is sorted by."""

    title: str
    help: str = ""
    number: bool = True
    sorted: str = ""


@dataclass(frozen=True)
class Cell:
    """What a cell says, and the number to sort it by; None sorts last."""

    text: str
    value: float | None = None
    note: str = ""
    number: bool = True


@dataclass(frozen=True)
class Row:
    """A model."""

    model: str
    description: str
    baseline: bool
    words: str
    """What a filter looks in."""
    cells: list[Cell]


@dataclass(frozen=True)
class Leaderboard:
    """A table of models, best first."""

    caption: str
    columns: list[Column]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)


def leaderboard(records: pd.DataFrame, baseline: str | None) -> Leaderboard:
    runs = ranked(records)
    columns = [
        Column("model", number=False),
        Column("test error", sorted="ascending"),
        Column("parameters"),
    ]
    rows = []
    for model, own in runs.groupby("model", sort=False):
        first = own.iloc[0]
        e = own["test_error"].mean()
        rows.append(
            Row(
                model,
                first["description"],
                first["name"] == baseline,
                f"{model} {first['description']}",
                [
                    Cell(f"{100 * e:.2f} %", e),
                    Cell(f"{first['parameters']:,}", first["parameters"]),
                ],
            )
        )
    return Leaderboard("", columns, rows)
