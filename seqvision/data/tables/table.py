"""Reads tables of a person's own, CSV or Parquet, some rows at a time."""

import contextlib
import csv
import gzip
import warnings
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import pandas as pd

from seqvision.data.person_path import person_path
from seqvision.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pyarrow.parquet

_CELLS = 2**19
"""How many cells are read at a time: what a chunk takes is small beside any data."""
_LONGEST_HEADER = 2**26  # characters
_INDEX = ("Unnamed:", "__index_level_")
"""How the names begin that pandas gives to its index."""
_MISSING = ["", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "None", "?"]
"""What stands for a number that was not observed."""


class Table:
    """A CSV file, plain or gzipped, or a Parquet file; its first bytes tell which.

    Args:
        path: the file, as a person gave it.

    Raises:
        DataError: it does not exist, is damaged, or its columns have no names of their own.
    """

    def __init__(self, path: str):
        self.path = path
        self.file = person_path(path)
        head = _first_bytes(self.file)
        self._parquet = _parquet(self.file) if head == b"PAR1" else None
        self._zipped = head[:2] == b"\x1f\x8b"
        self.line = "line" if self._parquet is None else "row"
        """What messages call a row."""
        if self._parquet is not None:
            self._delimiter, self._first = ",", 1
            names = list(self._parquet.schema_arrow.names)
        else:
            names = self._header()
        self.columns = [name for name in names if name and not name.startswith(_INDEX)]
        """The names of the columns that have any."""
        self.nameless = len(names) - len(self.columns)
        """How many columns have none, such as those in which pandas writes its index."""
        self._names = names
        if len(self.columns) > len(set(self.columns)):
            twice = next(name for name, count in Counter(self.columns).items() if count > 1)
            raise DataError(f"{path}: has two columns of the name {twice!r}; rename one")

    def check(self, name: str) -> str:
        """The name of a column.

        Raises:
            DataError: there is no such column.
        """
        if name in self.columns:
            return name
        has = ", ".join([*self.columns[:8], *(["…"] if len(self.columns) > 8 else [])])
        raise DataError(
            f"{self.path}: has no column {name!r}{did_you_mean(name, self.columns)} "
            f"(columns: {has or 'none'})"
        )

    def where(self, line: int) -> str:
        """How a message about a row begins: `mine.csv:7`, or `mine.parquet: row 7`."""
        return f"{self.path}:{line}" if self._parquet is None else f"{self.path}: row {line}"

    def chunks(self, texts: Collection[str]) -> Iterator[pd.DataFrame]:
        """Some rows at a time, each indexed by its line in the file (its row in Parquet).

        Rows that are empty throughout are left out.

        Args:
            texts: columns of a CSV file that are read as they are written, not as numbers.

        Raises:
            DataError: the file is damaged, or a row has more cells than there are columns.
        """
        read = self._csv_chunks(texts) if self._parquet is None else self._parquet_chunks()
        first = self._first
        while (frame := self._next(read)) is not None:
            frame.index = pd.RangeIndex(first, first + len(frame))
            first += len(frame)
            frame = frame[self.columns]
            written = frame[[name for name in self.columns if name in texts]]
            empty = frame.drop(columns=written).isna().all(axis=1)
            yield frame[~(empty & (written.isna() | (written == "")).all(axis=1))]

    def _next(self, read: Iterator[pd.DataFrame]) -> pd.DataFrame | None:
        try:
            with warnings.catch_warnings():
                # Of a row with too many cells, which pandas would cut off.
                warnings.simplefilter("error", pd.errors.ParserWarning)
                return next(read, None)
        except Exception as error:
            # pandas, pyarrow, gzip and the decoder each have errors of their own for damage.
            raise DataError(self._too_long() or self._damaged(error)) from None

    def _csv_chunks(self, texts: Collection[str]) -> Iterator[pd.DataFrame]:
        with self._opened() as file:
            for _ in range(self._first - 1):
                file.readline()
            places = {name: place for place, name in enumerate(self._names)}
            read = pd.read_csv(
                file,
                sep=self._delimiter,
                header=None,
                names=range(len(self._names)),
                index_col=False,
                dtype={places[name]: str for name in texts},
                keep_default_na=False,
                na_values={place: _MISSING for name, place in places.items() if name not in texts},
                skip_blank_lines=False,
                skipinitialspace=True,
                low_memory=False,
                chunksize=max(1, _CELLS // len(self._names)),
            )
            for frame in read:
                frame.columns = self._names
                yield frame

    def _parquet_chunks(self) -> Iterator[pd.DataFrame]:
        assert self._parquet is not None
        size = max(1, _CELLS // max(1, len(self._names)))
        for batch in self._parquet.iter_batches(size):
            yield batch.to_pandas(ignore_metadata=True)

    def _opened(self) -> TextIO:
        if self._zipped:
            return gzip.open(self.file, "rt", encoding="utf-8-sig")
        return self.file.open(encoding="utf-8-sig")

    def _header(self) -> list[str]:
        """The names of the columns; sets the delimiter and the line of the first row."""
        try:
            with self._opened() as file:
                lines = 1
                while (line := file.readline(_LONGEST_HEADER)).isspace():
                    lines += 1
        except Exception as error:
            raise DataError(self._damaged(error)) from None
        self._first = lines + 1
        self._delimiter = max(",;\t|", key=line.count)
        try:
            (names,) = csv.reader([line], delimiter=self._delimiter, skipinitialspace=True)
        except (csv.Error, ValueError):
            raise DataError(f"{self.path}: expected a header of the columns' names") from None
        names = [name.strip() for name in names]
        if not names:
            raise DataError(f"{self.path}: is empty; expected a header of the columns' names")
        if all(map(_is_number, names)):
            raise DataError(
                f"{self.path}:{lines}: expected the columns' names, found numbers alone: "
                f"{', '.join(names[:4])}…"
            )
        return names

    def _too_long(self) -> str | None:
        """What to say of the first row that has more cells than there are columns, if one has."""
        if self._parquet is not None:
            return None
        with contextlib.suppress(Exception), self._opened() as file:  # It is damaged otherwise.
            rows = csv.reader(file, delimiter=self._delimiter, skipinitialspace=True)
            for row in rows:
                if len(row) > len(self._names):
                    return (
                        f"{self.where(rows.line_num)}: has {len(row)} cells, and the header names "
                        f"{len(self._names)} columns"
                    )
        return None

    def _damaged(self, error: Exception) -> str:
        if isinstance(error, UnicodeDecodeError):
            return f"{self.path}: is not text in UTF-8; save it as CSV in UTF-8"
        reason = str(error).partition("\n")[0].removeprefix("Error tokenizing data. ")
        what = "CSV" if self._parquet is None else "Parquet"
        return f"{self.path}: not a {what} file, or damaged: {reason or type(error).__name__}"


def _first_bytes(file: Path) -> bytes:
    if file.is_dir():
        raise DataError(
            f"{file}: is a folder, expected a table; a folder of tables for each class, one a "
            "series, is read by the dataset `csv_folder`"
        )
    try:
        with file.open("rb") as opened:
            return opened.read(4)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None


def _parquet(file: Path) -> "pyarrow.parquet.ParquetFile":
    import pyarrow.parquet  # Which takes a moment, and few files need.

    try:
        return pyarrow.parquet.ParquetFile(file)
    except Exception as error:
        # pyarrow passes on a dozen errors of Thrift, of compression and of its own.
        reason = str(error).partition("\n")[0]
        raise DataError(f"{file}: not a Parquet file, or damaged: {reason}") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
