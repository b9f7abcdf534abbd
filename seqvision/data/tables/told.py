"""What a table tells of each series beside its steps: its label, its group, its split."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from seqvision.data.make_series import Place
from seqvision.data.tables.cells import Texts, texts
from seqvision.data.tables.columns import Columns
from seqvision.data.tables.table import Table
from seqvision.errors import DataError

Layout = Literal["wide", "long"]
"""Whether each row is a series, or a step of one."""
WHAT = ("label", "group", "split")


class Ids:
    """The ids of series, numbered in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        return list(self._numbers)

    def numbers(self, ids: Texts) -> np.ndarray:
        """The number of each row's id `(rows,)`."""
        known = self._numbers
        numbers = [known.setdefault(name, len(known)) for name in ids.values]
        return np.array(numbers, np.int64)[ids.codes]


@dataclass
class Facts:
    """What is told of each series, by its number; the same in each of its rows."""

    columns: Columns
    known: dict[str, dict[int, str]] = field(default_factory=dict)
    """The text of each series, by `label`, `group` and `split`, as far as there are columns."""
    lines: dict[int, int] = field(default_factory=dict)
    """Where each series is told of first."""

    def add(self, series: np.ndarray, frame: pd.DataFrame, name: Callable[[int], str]) -> None:
        """Take what some rows tell.

        Args:
            series: the number of each row's series `(rows,)`.
            frame: these rows.
            name: what messages call a series, by its number: `id 'a'`.

        Raises:
            DataError: a cell is empty, or differs from what another row tells of the series.
        """
        table = self.columns.table
        firsts = np.unique(series, return_index=True)
        for number, row in zip(*(each.tolist() for each in firsts), strict=True):
            self.lines.setdefault(number, int(frame.index[row]))
        for what in WHAT:
            if (column := self.columns.of.get(what)) is None:
                continue
            found = texts(frame[column], table, f"the {what}")
            known = self.known.setdefault(what, {})
            pairs = series * (len(found.values) + 1) + found.codes
            for row in np.sort(np.unique(pairs, return_index=True)[1]):
                number, text = int(series[row]), found.values[found.codes[row]]
                if (before := known.setdefault(number, text)) != text:
                    raise DataError(
                        f"{table.where(frame.index[row])}: {name(number)} has the {what} {text!r}, "
                        f"and {before!r} in {table.line} {self.lines[number]}"
                    )

    def of(self, series: Iterable[int]) -> dict[str, list[str]]:
        """What is told of some series, in their order, by `label`, `group` and `split`."""
        return {what: [known[number] for number in series] for what, known in self.known.items()}


@dataclass
class Told:
    """The series of a table, and what it tells of them."""

    table: Table
    layout: Layout
    series: list[np.ndarray]
    """Each `(steps, features)`."""
    features: list[str]
    """The names of the features; of a wide table, of its steps."""
    facts: Facts
    ids: list[str] | None = None

    def place(self, number: int) -> Place:
        """Where a series begins, and its id if it has one."""
        name = "" if self.ids is None else f"id {self.ids[number]!r}"
        return Place(self.table.where(self.facts.lines[number]), name)
