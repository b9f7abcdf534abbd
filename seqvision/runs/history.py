"""history.csv: one row an epoch, with the losses and error rates (shares) of a run.

The columns: `epoch`, `loss`, `error_rate`; where there are validation samples `val_loss`,
`val_error`, `val_balanced_accuracy`, `val_macro_f1` and `val_macro_auroc`; `learning_rate`,
`seconds`.
"""

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqvision.metrics import higher_is_better
from seqvision.runs.files import write_csv

_FORMER = {"val_error_rate": "val_error"}
"""Names of columns in earlier versions, and what they are today."""


def write_history(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Write a run's history, atomically."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = ([row.get(column) for column in columns] for row in rows)
    write_csv(folder / "history.csv", columns, cells)


def read_history(folder: str | Path) -> list[dict[str, float]]:
    """The rows of a run's history; NaN where there is no value.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged.
    """
    with Path(folder, "history.csv").open(newline="", encoding="utf-8") as file:
        try:
            rows = [{k: float(v or "nan") for k, v in row.items()} for row in csv.DictReader(file)]
        except (TypeError, csv.Error) as error:
            raise ValueError(str(error)) from None
    return [with_names_of_today(row) for row in rows]


def with_names_of_today(row: dict[str, Any]) -> dict[str, Any]:
    """A row written by any version, with the column names of this one."""
    return {_FORMER.get(key, key): value for key, value in row.items()}


def value_of(row: Mapping[str, Any], metric: str) -> float:
    """A validation metric, by its name, after the epoch of a row."""
    return 1 - row["val_error"] if metric == "val_accuracy" else row[metric]


def badness(row: Mapping[str, Any], metric: str) -> float:
    """The same as a number to minimize; infinite where there is no value."""
    value = value_of(row, metric)
    if math.isnan(value):
        return math.inf
    return 1 - value if higher_is_better(metric) else value
