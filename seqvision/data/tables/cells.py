"""What the cells of a table say: numbers, texts, times; the first wrong one is told by its line."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from seqvision.data.tables.table import Table
from seqvision.errors import DataError

_LONGEST = 1_000  # characters: arrays of texts are as wide as the longest.


def numbers(frame: pd.DataFrame, table: Table) -> np.ndarray:
    """Rows of a table as float32 `(rows, columns)`, NaN where a cell is empty.

    Raises:
        DataError: a cell holds a text or a date, or is infinite.
    """
    for name in [name for name, dtype in frame.dtypes.items() if dtype.kind not in "buif"]:
        frame = frame.assign(**{name: _column_of_numbers(frame[name], table)})
    with np.errstate(over="ignore"):
        values = frame.to_numpy(np.float32, na_value=np.nan)
    if len(wrong := np.argwhere(np.isinf(values))):
        row, column = wrong[0]
        raise DataError(
            f"{table.where(frame.index[row])}: {frame.columns[column]!r} is infinite, or too large "
            f"for float32: {frame.iat[row, column]}; leave cells empty where nothing was observed"
        )
    return values


def _column_of_numbers(column: pd.Series, table: Table) -> np.ndarray:
    known = _as_numbers(column)
    if len(wrong := np.flatnonzero(np.isnan(known) & column.notna().to_numpy())):
        raise DataError(
            f"{table.where(column.index[wrong[0]])}: {column.name!r} holds "
            f"{_short(column.iloc[wrong[0]])}, expected a number; a column of texts is left out "
            "by naming the others, `features: [...]`"
        )
    return known


def _as_numbers(column: pd.Series) -> np.ndarray:
    """Numbers `(rows,)`, NaN for what is none."""
    if column.dtype.kind not in "buifO":
        return np.full(len(column), np.nan)  # Dates, which pandas would count as nanoseconds.
    try:
        return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    except TypeError:
        return np.full(len(column), np.nan)  # Lists and other structures of Parquet.


class Texts(NamedTuple):
    """The texts of some rows, each different one once."""

    codes: np.ndarray
    """Which text each row has `(rows,)`."""
    values: list[str]


def texts(column: pd.Series, table: Table, what: str) -> Texts:
    """A column's texts; a whole number is one too.

    Args:
        what: what each is, in messages: `the label`.

    Raises:
        DataError: one is missing.
    """
    codes, values = pd.factorize(column.astype(object))
    known = [_text(value) for value in values]
    empty = np.array([not text for text in [*known, ""]])  # Code -1, a cell of none, is the last.
    if len(missing := np.flatnonzero(empty[codes])):
        raise DataError(
            f"{table.where(column.index[missing[0]])}: {what} ({column.name!r}) is missing"
        )
    if len(long := np.flatnonzero(np.array([len(text) > _LONGEST for text in known])[codes])):
        row = int(long[0])
        raise DataError(
            f"{table.where(column.index[row])}: {what} ({column.name!r}) is "
            f"{len(known[codes[row]]):,} characters long, expected {_LONGEST:,} at most"
        )
    return Texts(codes, known)


def _text(value: Any) -> str:
    """`a` for `a`, and `3` for 3.0, as which pandas reads whole numbers where some are missing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


class Times(NamedTuple):
    """When the steps of some rows were."""

    values: np.ndarray
    """`(rows,)`, to order them by."""
    dates: bool
    """Whether these are dates, in nanoseconds; otherwise they are numbers."""


def times(column: pd.Series, table: Table) -> Times:
    """A column of times: numbers, or dates of ISO 8601; those without a zone are taken as UTC.

    Raises:
        DataError: one is missing, or is neither.
    """
    if len(missing := np.flatnonzero(column.isna())):
        raise DataError(
            f"{table.where(column.index[missing[0]])}: the time ({column.name!r}) is missing"
        )
    if column.dtype.kind in "iu":
        return Times(column.to_numpy(), False)  # Nanoseconds since 1970 are no exact floats.
    known = _as_numbers(column)
    if not (wrong := ~np.isfinite(known)).any():
        return Times(known, False)
    if wrong[0]:
        dates = _as_dates(column)
        if not (wrong := dates.isna().to_numpy()).any():
            return Times(dates.astype("int64").to_numpy(), True)
    first = int(np.argmax(wrong))
    raise DataError(
        f"{table.where(column.index[first])}: the time ({column.name!r}) is "
        f"{_short(column.iloc[first])}, expected a number or a date such as 2024-05-31T12:00:00"
    )


def _as_dates(column: pd.Series) -> pd.Series:
    """Dates to the nanosecond, NaT for what is none."""
    try:
        dates = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
        return dates.dt.as_unit("ns")
    except (TypeError, ValueError, OverflowError):
        # Of another type, or before 1677 or after 2262.
        return pd.Series(pd.NaT, column.index, dtype="datetime64[ns]")


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:56]}…"
