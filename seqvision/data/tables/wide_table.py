"""Reads a table in which each row is a series of one feature, and each column of numbers a step."""

import numpy as np

from seqvision.data.notes import Notes
from seqvision.data.tables.cells import numbers, texts
from seqvision.data.tables.columns import USUAL, Columns
from seqvision.data.tables.told import Facts, Ids, Told
from seqvision.errors import DataError


def read_wide(columns: Columns, steps: list[str], notes: Notes) -> Told:
    """The series of a table, in the order of its rows.

    Args:
        steps: the columns of the steps, in order.

    Raises:
        DataError: a cell is wrong, or an id is there twice.
    """
    table, facts, ids = columns.table, Facts(columns), Ids()
    of_id = columns.of.get("id")
    series: list[np.ndarray] = []
    for frame in table.chunks({*columns.of.values()}):
        rows = np.arange(len(series), len(series) + len(frame))
        facts.add(rows, frame, str)
        series += list(numbers(frame[steps], table)[:, :, None])
        if of_id is not None:
            found = ids.numbers(texts(frame[of_id], table, "the id"))
            if len(again := np.flatnonzero(found != rows)):
                row = int(again[0])
                raise DataError(
                    f"{table.where(frame.index[row])}: id {ids.names[found[row]]!r} is in "
                    f"{table.line} {facts.lines[int(found[row])]} too, and each row is a series; "
                    "if each is a step, `layout: long`; if ids tell what series come from, such "
                    f"as a person, `group: {of_id}`"
                )
    notes.info(
        f"each row is a series of one feature; its {len(steps)} steps are the columns "
        f"{steps[0]!r} to {steps[-1]!r}{said(columns)}"
    )
    return Told(table, "wide", series, steps, facts, ids.names if of_id else None)


def said(columns: Columns) -> str:
    """What a note says of the other columns: `; label is 'class'`."""
    return "".join(f"; {what} is {columns.of[what]!r}" for what in USUAL if what in columns.of)
