"""The costs of runs as medians, which one slow run does not change."""

from collections.abc import Sequence

import pandas as pd

from seqvision.formatting import rate

SPEEDS = ("train_images_per_second", "inference_images_per_second")
UNEVEN = (
    "* marks a speed whose runs differ by more than a factor of two: something else took part of "
    "the machine's time."
)


def medians(runs: pd.DataFrame, by: str, columns: Sequence[str]) -> pd.DataFrame:
    """The median of each column over each group's runs, and of speeds also `…_min` and `…_max`."""
    groups = runs[list(columns)].astype(float).groupby(runs[by], sort=False)
    speeds = [column for column in columns if column in SPEEDS]
    table = groups.median()
    lowest, highest = groups.min()[speeds], groups.max()[speeds]
    return table.join(lowest.add_suffix("_min")).join(highest.add_suffix("_max"))


def is_uneven(slowest: float, fastest: float) -> bool:
    """Whether the speeds of one model differ by more than the model can explain."""
    return fastest > 2 * slowest


def speed_text(median: float, slowest: float, fastest: float) -> str:
    """`15,298`, or `15,298*` where the runs differ too much."""
    return rate(median) + "*" * is_uneven(slowest, fastest)


def any_uneven(table: pd.DataFrame) -> bool:
    """Whether a speed of a table of `medians` is marked."""
    return any(
        is_uneven(slowest, fastest)
        for speed in SPEEDS
        if speed in table
        for slowest, fastest in zip(table[f"{speed}_min"], table[f"{speed}_max"], strict=True)
    )
