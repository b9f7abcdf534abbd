"""How long a run trained until its validation accuracy reached a target."""

import csv
import math
from pathlib import Path

from seqvision.comparison.left_out import leave_out


def seconds_to_target(folder: str | Path, accuracy: float) -> float:
    """Seconds of training up to the end of the first epoch that reached it, from history.csv.

    NaN if no epoch did, there was no validation, or the history cannot be read (a warning says so).
    """
    seconds = 0.0
    try:
        with Path(folder, "history.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                seconds += float(row["seconds"])
                if 1 - float(row.get("val_error_rate") or math.nan) >= accuracy:
                    return seconds
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        leave_out(folder, "no time to the target: history.csv", error)
    return math.nan
