"""Results that others have published: a table of datasets and resamples, as tsml-eval keeps it."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from seqvision.errors import SeqvisionError
from seqvision.metrics import is_share


@dataclass(frozen=True)
class Published:
    """The results of one model."""

    file: str
    values: dict[str, dict[int, float]]
    """The metric by `short_name` of the dataset and number of the resample; 0 is the dataset's own
    split."""


def read_published(file: Path, metric: str) -> Published:
    """Read `…_accuracy.csv` and the like.

    The first line is `Resamples:,0,1,2` (whatever its first cell), each other line a dataset's name
    and its value for each resample; an empty cell is none. The values are those of the metric; of
    `test_error` they are accuracies, which are turned into errors.

    Raises:
        SeqvisionError: the file cannot be read; or with its line, what is no such table.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.reader(opened, strict=True)
            lines = [(reader.line_num, line) for line in reader if any(map(str.strip, line))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SeqvisionError(f"{file}: cannot be read: {reason}") from None
    numbers = _numbers(file, lines[0][1] if lines else [])
    values: dict[str, dict[int, float]] = {}
    for place, (name, *cells) in lines[1:]:
        where = f"{file}:{place}"
        if len(cells) != len(numbers):
            raise SeqvisionError(
                f"{where}: {len(cells)} values of {name!r}; the first line names {len(numbers)}"
            )
        known = {
            number: _value(f"{where}: {name}, resample {number}", cell, metric)
            for number, cell in zip(numbers, cells, strict=True)
            if cell.strip() and cell.strip().lower() != "nan"
        }
        if values.setdefault(short_name(name), known) is not known:
            raise SeqvisionError(f"{where}: {name!r} is there twice")
    return Published(str(file), values)


def short_name(dataset: str) -> str:
    """What a dataset is called whoever reads it: `archive:GunPoint` is `gunpoint`."""
    return dataset.rpartition(":")[2].strip().lower()


def _numbers(file: Path, titles: list[str]) -> list[int]:
    """The numbers of the resamples."""
    try:
        numbers = [int(title) for title in titles[1:]]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 0 or len(set(numbers)) < len(numbers):
        raise SeqvisionError(
            f"{file}:1: expected a title and the numbers of the resamples, such as "
            f"Resamples:,0,1,2, got {','.join(titles)[:60]!r}"
        )
    return numbers


def _value(where: str, cell: str, metric: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise SeqvisionError(f"{where}: expected a number, got {cell!r}")
    if is_share(metric) and not 0 <= value <= 1:
        raise SeqvisionError(f"{where}: expected a share from 0 to 1, got {cell}")
    return 1 - value if metric == "test_error" else value
