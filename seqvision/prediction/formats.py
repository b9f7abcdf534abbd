"""Writes answers as they come, in a table to look at, CSV or JSON lines; or whole, as Parquet."""

import csv
import json
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from seqvision.prediction.rows import Answer, Layout, rounded

if TYPE_CHECKING:
    import pandas as pd

FORMATS = {
    ".txt": "table",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".json": "json",
}
"""The format that the ending of a file's name says."""


class Writer(Protocol):
    """Writes answers to a text stream."""

    def write(self, answers: Sequence[Answer]) -> None:
        """Write some answers, and flush."""
        ...


def writer(form: str, layout: Layout, stream: IO[str]) -> Writer:
    """A writer of `table`, `csv` or `jsonl`; what comes first is written at once."""
    return {"table": TableWriter, "csv": CsvWriter, "jsonl": JsonLinesWriter}[form](layout, stream)


class CsvWriter:
    """Comma-separated values below a line of names; all digits of a float32."""

    def __init__(self, layout: Layout, stream: IO[str]):
        self.layout, self.stream = layout, stream
        self.csv = csv.writer(stream, lineterminator="\n")
        self.csv.writerow(layout.columns)
        stream.flush()

    def write(self, answers: Sequence[Answer]) -> None:
        self.csv.writerows(map(self._row, answers))
        self.stream.flush()

    def _row(self, answer: Answer) -> list[Any]:
        return [rounded(v) if isinstance(v, float) else v for v in self.layout.row(answer)]


class JsonLinesWriter:
    """A JSON document a line."""

    def __init__(self, layout: Layout, stream: IO[str]):
        self.layout, self.stream = layout, stream

    def write(self, answers: Sequence[Answer]) -> None:
        self.stream.writelines(f"{json.dumps(self.layout.plain(each))}\n" for each in answers)
        self.stream.flush()


class TableWriter:
    """Columns side by side, as wide as the names and the first answers that are written."""

    def __init__(self, layout: Layout, stream: IO[str]):
        self.layout, self.stream = layout, stream
        self.widths: list[int] = []

    def write(self, answers: Sequence[Answer]) -> None:
        # An error takes the place of an answer.
        names = [_printable(name) for name in self.layout.columns[:-1]]
        rows = [(list(map(_cell, self.layout.row(each)[:-1])), each.error) for each in answers]
        if not self.widths and rows:
            cells = [names, *(row for row, _ in rows)]
            self.widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
            self._line(names)
        for row, error in rows:
            if error is None:
                self._line(row)
            else:
                self._line([row[0], f"error: {_printable(error)}"])
        self.stream.flush()

    def _line(self, cells: Iterable[str]) -> None:
        padded = [cell.ljust(width) for cell, width in zip(cells, self.widths, strict=False)]
        self.stream.write("  ".join(padded).rstrip() + "\n")


def confusion_lines(rows: list[str], columns: list[str], counts: list[list[int]]) -> list[str]:
    """A confusion table as text: a row a class that images are of, a column one that was said."""
    titles = [_printable(name) for name in columns]
    first = [_printable(name) for name in rows]
    wide = max(map(len, [*first, "is \\ said"]))
    widths = [max(len(t), *(len(str(of[i])) for of in counts)) for i, t in enumerate(titles)]

    def line(name: str, cells: Iterable[Any]) -> str:
        each = (str(c).rjust(width) for c, width in zip(cells, widths, strict=True))
        return "  ".join([name.ljust(wide), *each])

    shown = ([count or "." for count in of] for of in counts)
    return [line("is \\ said", titles), *map(line, first, shown)]


def frame(layout: Layout, answers: Iterable[Answer]) -> "pd.DataFrame":
    """A DataFrame, a row an answer."""
    import pandas as pd

    table = pd.DataFrame([layout.row(each) for each in answers], columns=layout.columns)
    texts = _texts(layout)
    for name in table.columns:
        if name not in texts and table[name].isna().all():
            table[name] = table[name].astype(float)
    return table


def write_parquet(layout: Layout, answers: Iterable[Answer], path: Path) -> None:
    """Write a Parquet file; columns without a value are of texts or numbers all the same."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"step": pa.int32(), **dict.fromkeys(_texts(layout), pa.string())}
    schema = pa.schema([(name, types.get(name, pa.float32())) for name in layout.columns])
    columns = list(zip(*map(layout.row, answers), strict=True)) or [()] * len(schema)
    arrays = [pa.array(c, each.type) for c, each in zip(columns, schema, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)


def _texts(layout: Layout) -> set[str]:
    """The columns that hold texts; the others hold numbers."""
    classes = (f"class_{place}" for place in range(2, layout.top + 1))
    return {"file", "class", "label", "error", *classes}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4f}" if isinstance(value, float) else _printable(str(value))


def _printable(text: str) -> str:
    """A text without characters that move a terminal's cursor, such as those of a file's name."""
    return "".join("?" if unicodedata.category(c) in ("Cc", "Cf") else c for c in text)
