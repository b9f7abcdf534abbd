"""Reads a table that tells the labels of series, a row for each id."""

from collections.abc import Collection
from dataclasses import dataclass

from seqvision.data.notes import Notes, some
from seqvision.data.tables.cells import texts
from seqvision.data.tables.columns import Columns
from seqvision.data.tables.table import Table
from seqvision.data.tables.told import WHAT, Facts, Ids, Told
from seqvision.errors import DataError


@dataclass
class Labels:
    """The label, and the group and split if there are columns, of each id."""

    table: Table
    facts: Facts
    numbers: dict[str, int]
    """The number by which `facts` knows an id."""

    def of(self, told: Told) -> dict[str, list[str]]:
        """What is told of each series of another table, by `label`, `group` and `split`.

        Raises:
            DataError: some ids have no label.
        """
        ids = told.ids or []
        if without := [name for name in ids if name not in self.numbers]:
            line = told.facts.lines[ids.index(without[0])]
            raise DataError(
                f"{told.table.where(line)}: {len(without)} of {len(ids)} ids have no label in "
                f"{self.table.path}: {some(list(map(repr, without)))}"
            )
        return self.facts.of([self.numbers[name] for name in ids])

    def say_unused(self, every: Collection[Told], notes: Notes) -> None:
        """Note which ids no series has."""
        used = {name for told in every for name in told.ids or []}
        if unused := [repr(name) for name in self.numbers if name not in used]:
            notes.warning(f"{len(unused)} ids of {self.table.path} have no series: {some(unused)}")


def read_labels(path: str, given: dict[str, str | None]) -> Labels:
    """The labels of a table.

    Args:
        given: the names of columns that a person gave, by what they are; the ids' may differ here.

    Raises:
        DataError: a cell is empty, or an id has two labels.
    """
    table = Table(path)
    own = {what: given[what] for what in WHAT}
    of_ids = given["id"] if given["id"] in table.columns else None
    columns = Columns(table, {"id": of_ids, **own})
    of_id = columns.needed("id", "which tells the series of a row")
    columns.needed("label", "which each id has")
    facts, ids = Facts(columns), Ids()
    for frame in table.chunks({*columns.of.values()}):
        numbers = ids.numbers(texts(frame[of_id], table, "the id"))
        facts.add(numbers, frame, lambda number: f"id {ids.names[number]!r}")
    return Labels(table, facts, {name: number for number, name in enumerate(ids.names)})
