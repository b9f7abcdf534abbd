"""Reads a table in which each row is a step, of the series that its id names."""

import numpy as np

from seqvision.data.notes import Notes, some
from seqvision.data.tables.cells import Texts, Times, numbers, texts, times
from seqvision.data.tables.columns import Columns
from seqvision.data.tables.told import Facts, Ids, Told
from seqvision.data.tables.wide_table import said
from seqvision.errors import DataError


def read_long(
    columns: Columns, features: list[str], notes: Notes, *, one: bool = False, sort: bool = False
) -> Told:
    """The series of a table, in the order in which their ids come; the rows of one may be apart.

    Args:
        features: the columns of the features, in order.
        one: whether all rows are of one series, and there is no column of ids.
        sort: whether the steps of a series are sorted if their times go back.

    Raises:
        DataError: a cell is wrong, times go back, or two steps of a series are of one time.
    """
    table, facts, ids = columns.table, Facts(columns), Ids()
    of_id = None if one else columns.needed("id", "which tells the series of a row")
    of_time = columns.of.get("time")
    chunks: tuple[list[np.ndarray], ...] = ([], [], [], [])
    dates: bool | None = None
    written = {*columns.of.values()} - {of_time} - {*features}
    for frame in table.chunks(written):
        if of_id is None:
            series = ids.numbers(Texts(np.zeros(len(frame), np.int64), [""] if len(frame) else []))
        else:
            series = ids.numbers(texts(frame[of_id], table, "the id"))
        facts.add(series, frame, lambda number: _called(ids.names[number]))
        when = times(frame[of_time], table) if of_time else Times(np.zeros(len(frame), "i1"), False)
        if dates not in (None, when.dates):
            kinds = ("a number", "a date")
            raise DataError(
                f"{table.where(frame.index[0])}: the time ({of_time!r}) is {kinds[when.dates]}, "
                f"and {kinds[bool(dates)]} before"
            )
        dates = when.dates if len(frame) else dates
        lines, values = frame.index.to_numpy(np.uint32), numbers(frame[features], table)
        read = series.astype(np.int32), when.values, lines, values
        for each, of_chunk in zip(chunks, read, strict=True):
            each.append(of_chunk)
    if not ids.names:
        return Told(table, "long", [], features, facts, [])
    rows = []
    for each in chunks:
        rows.append(np.concatenate(each))
        each.clear()  # Which is as large again.
    if of_time:
        rows = _by_time(rows, columns, ids.names, sort, notes)
    else:
        notes.warning("no column is the time: the steps of a series are in the order of its rows")
        rows = _ordered(rows, np.argsort(rows[0], kind="stable"))
    bounds = np.flatnonzero(np.diff(rows[0])) + 1
    notes.info(
        f"each row is a step of a series; {len(features)} features: {some(features)}{said(columns)}"
    )
    if len(bounds) + 1 == len(rows[0]) > 1:
        notes.warning("each id is in one row: is each row a series? `layout: wide`")
    return Told(
        table, "long", np.split(rows[3], bounds), features, facts, None if one else ids.names
    )


def _by_time(
    rows: list[np.ndarray], columns: Columns, names: list[str], sort: bool, notes: Notes
) -> list[np.ndarray]:
    """The rows `(series, times, lines, values)` by series and, within each, by time."""
    table = columns.table
    if (np.diff(rows[0]) < 0).any():
        rows = _ordered(rows, np.argsort(rows[0], kind="stable"))
    series, when, lines, _ = rows
    same = series[1:] == series[:-1]
    if (back := same & (when[1:] < when[:-1])).any():
        first = int(np.argmax(back)) + 1
        if not sort:
            raise DataError(
                f"{table.where(lines[first])}: the time ({columns.of['time']!r}) of "
                f"{_called(names[series[first]])} goes back: its step before, in {table.line} "
                f"{lines[first - 1]}, is later; put the rows in order, or let them be sorted, "
                "`sort: true`"
            )
        notes.warning(
            f"times go back in {len(np.unique(series[1:][back]))} of {len(names)} series, first in "
            f"{table.line} {lines[first]} ({_called(names[series[first]])}): steps are sorted by "
            "time"
        )
        rows = _ordered(rows, np.lexsort((when, series)))
        series, when, lines, _ = rows
        same = series[1:] == series[:-1]
    if (equal := same & (when[1:] == when[:-1])).any():
        first = int(np.argmax(equal)) + 1
        raise DataError(
            f"{table.where(lines[first])}: {_called(names[series[first]])} has a step of this time "
            f"({columns.of['time']!r}) in {table.line} {lines[first - 1]} already; expected one "
            "step a time"
        )
    return rows


def _called(name: str) -> str:
    """What messages call a series; the one of a table without ids has no name."""
    return f"id {name!r}" if name else "the series"


def _ordered(rows: list[np.ndarray], order: np.ndarray) -> list[np.ndarray]:
    return [each[order] for each in rows]
