"""Which column of a table is what: as a person says, or by its usual name."""

from collections.abc import Sequence

from seqvision.data.notes import some
from seqvision.data.tables.table import Table
from seqvision.errors import DataError

USUAL = {
    "id": ("id", "series_id", "series", "sample_id", "sequence_id", "case_id"),
    "time": ("time", "timestamp", "datetime", "date", "step"),
    "label": ("label", "class", "target"),
    "group": ("group", "subject", "person", "speaker"),
    "split": ("split", "partition"),
}
"""The names, in any case, by which a column is known for what it is."""


class Columns:
    """What the columns of a table are.

    Args:
        given: the names that a person gave, by what they are: `{"id": "case"}`.
        features: the columns of numbers, if a person named these; they are nothing else then.
    """

    def __init__(
        self, table: Table, given: dict[str, str | None], features: Sequence[str] | None = None
    ):
        self.table = table
        self._features = None if features is None else [table.check(name) for name in features]
        named = {what: table.check(name) for what, name in given.items() if name is not None}
        free = [name for name in table.columns if name not in {*(features or ()), *named.values()}]
        usual = {what: self._usual(what, free) for what in given if what not in named}
        self.of = named | {what: name for what, name in usual.items() if name is not None}
        """The column of each, `{"label": "class"}`, where there is one."""

    def _usual(self, what: str, free: list[str]) -> str | None:
        found = [name for name in free if name.lower() in USUAL[what]]
        if len(found) > 1:
            raise DataError(
                f"{self.table.path}: {' and '.join(map(repr, found))} may each be the {what}; say "
                f"which it is, `{what}: {found[0]}`"
            )
        return found[0] if found else None

    def needed(self, what: str, why: str) -> str:
        """The column that is something.

        Raises:
            DataError: there is none.
        """
        if what in self.of:
            return self.of[what]
        usual = ", ".join(USUAL[what])
        raise DataError(
            f"{self.table.path}: no column is the {what}, {why}; name it, `{what}: ...` (known "
            f"names: {usual}; columns here: {some(self.table.columns) or 'none'})"
        )

    def features(self, *passed_over: str) -> list[str]:
        """The columns of numbers: those that a person named, or all that are nothing else.

        Raises:
            DataError: there are none.
        """
        others = {*self.of.values(), *passed_over}
        found = self._features or [name for name in self.table.columns if name not in others]
        if not found:
            raise DataError(f"{self.table.path}: has no columns of numbers beside the others")
        return found
