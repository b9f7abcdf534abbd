"""How long a run trained until its validation accuracy reached a target."""

import math
from pathlib import Path

from seqvision.comparison.left_out import leave_out
from seqvision.runs.history import read_history


def seconds_to_target(folder: str | Path, accuracy: float) -> float:
    """Seconds of training up to the end of the first epoch that reached it, from history.csv.

    NaN if no epoch did, there was no validation, or the history cannot be read (a warning says so).
    """
    seconds = 0.0
    try:
        for row in read_history(folder):
            seconds += row["seconds"]
            if 1 - row.get("val_error", math.nan) >= accuracy:
                return seconds
    except (OSError, ValueError, KeyError) as error:
        leave_out(folder, "no time to the target: history.csv", error)
    return math.nan
