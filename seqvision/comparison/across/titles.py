"""How the data of runs are called, so that runs are ranked with others of the same data alone."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from seqvision.formatting import count

_DATA = ["dataset", "data.training", "data.validation", "folds", "drawn_from"]
OF_DATA = [*_DATA, "checksum", "train", "validation", "test"]
"""The columns that tell data apart."""


def titles(runs: pd.DataFrame) -> pd.Series:
    """How the data of each run is called, the same for all its resamples or folds.

    Data that differ have other titles: in the dataset, in what is kept for validation, in how many
    samples are trained on, in the number of folds. Sizes alone tell data apart where they differ
    for one resample or fold; whole groups make those of several differ.
    """
    keys = runs[_DATA].assign(drawn_from=runs["drawn_from"].fillna(runs["checksum"]))
    sizes = runs[["train", "validation", "test"]].astype(object).map(str)
    words = pd.DataFrame(
        {column: keys[column].astype(object).map(_IN_WORDS[column], "ignore") for column in _DATA}
    ).fillna("")
    words["sizes"] = sizes.agg(" + ".join, axis=1)
    of_number = words.assign(number=runs["number"]).groupby([*_DATA, "number"])
    several = of_number["sizes"].transform("nunique") > 1
    ambiguous = several.groupby([words[column] for column in _DATA]).transform("any")
    words["sizes"] = words["sizes"].where(ambiguous, "")
    block = words.groupby([*words]).ngroup()
    title = words["dataset"]
    for column in (column for column in words if column != "dataset"):
        unclear = block.groupby(title).transform("nunique") > 1
        unclear &= words[column].groupby(title).transform("nunique") > 1
        title = title.where(~unclear | (words[column] == ""), title + ", " + words[column])
    return title


_IN_WORDS: dict[str, Callable[[Any], str]] = {
    "dataset": str,
    "data.training": lambda value: f"{count(value)} to train on",
    "data.validation": lambda value: f"validation {value:g}",
    "folds": lambda value: f"{value:g} folds",
    "drawn_from": lambda value: f"checksum {value[:8]}",
}
"""How what tells data apart is called, in the order in which it is named."""
