"""The median rule: it ends a run that is worse than half of the earlier trials at the same epoch.

After Golovin et al. 2017, "Google Vizier", section 3.2.2, but with a trial's value at an epoch in
place of its best, or its mean, up to that epoch.
"""

from pathlib import Path
from statistics import fmean, median
from typing import Any

from seqvision.config.tune import MedianStop
from seqvision.metrics import higher_is_better, metric_value
from seqvision.runs.history import read_history, value_of

MEDIAN_RULE = "median rule: "
"""The beginning of the reason why a run ended by this rule."""


class MedianRule:
    """Judges runs by the finished trials.

    Args:
        objective: a name that `tune.objective` may have.
    """

    def __init__(self, rule: MedianStop, objective: str):
        self.rule, self.objective = rule, objective
        self.curves: list[list[float]] = []
        """The objective after each epoch, the mean over a trial's seeds."""

    def learn(self, folders: list[Path]) -> None:
        """Add a finished trial, by the folders of its runs."""
        runs = [_curve(folder, self.objective) for folder in folders]
        self.curves.append([fmean(values) for values in zip(*runs, strict=False)])

    def judge(self, row: dict[str, Any]) -> str | None:
        """Why a run is to end after the epoch of `row`, of its history; None if it may go on."""
        epoch = row["epoch"]
        others = [curve[epoch - 1] for curve in self.curves if len(curve) >= epoch]
        if epoch < self.rule.epochs or len(others) < self.rule.trials:
            return None
        value, middle = value_of(row, self.objective), median(others)
        worse = value < middle if higher_is_better(self.objective) else value > middle
        if not worse:
            return None
        own, others_own = (metric_value(self.objective, v) for v in (value, middle))
        return (
            f"{MEDIAN_RULE}{self.objective} was {own} after epoch {epoch}, "
            f"worse than {others_own}, the median of {len(others)} trials"
        )


def _curve(folder: Path, objective: str) -> list[float]:
    return [value_of(row, objective) for row in read_history(folder)]
