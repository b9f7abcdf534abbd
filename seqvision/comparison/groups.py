"""Which row of a comparison a run belongs to: its group, apart for each data it was trained on."""

from typing import Any

import pandas as pd

from seqvision.comparison.records import ORIGINAL
from seqvision.formatting import NONE, count

DATA = ["dataset", "split", "checksum", "train", "validation", "test"]
"""Runs that differ in one of these were trained on other data and are never ranked together."""


def grouped(records: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the records with the columns `block`, the number of their data, and `row`.

    A run that left no record still belongs somewhere. What its config was, other runs of the same
    config hash tell; what its data would have been, those of the same config hash, or else of the
    same group, if all of them had the same. Where they had not, `block` is −1: unknown.
    """
    columns = dict.fromkeys(["config_hash", "seed", "status", "folder", *DATA, *by])
    runs = records.reset_index(drop=True)
    runs = runs.reindex(columns=[*runs.columns, *(c for c in columns if c not in runs)])
    for column in by:
        if runs[column].isna().any():
            of_config = runs.groupby("config_hash", dropna=False)[column].transform("first")
            runs[column] = runs[column].where(runs[column].notna(), of_config)
    group = runs.groupby(by, dropna=False, sort=False).ngroup()
    block = runs.groupby(DATA, dropna=False, sort=True).ngroup()
    block = block.astype(float).where(runs["checksum"].notna())
    for key in (runs["config_hash"], group):
        known = block.groupby(key).agg(["nunique", "first"])
        block = block.fillna(key.map(known["first"].where(known["nunique"] == 1)))
    runs["block"] = block.fillna(-1).astype(int)
    runs["row"] = runs.groupby([group, "block"], sort=False).ngroup()
    return runs


def label(values: Any) -> str:
    """How a row is called: its values of `by`, with commas between."""
    return ", ".join(value_text(value) for value in values)


def value_text(value: Any) -> str:
    """A value of `by` as a person writes it."""
    if value is None or value != value:
        return NONE
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def data_titles(table: pd.DataFrame) -> pd.Series:
    """How the data of each row of a comparison is called; only rows on the same data share a title.

    `mnist, 55,000 + 5,000 + 10,000 samples`: training, validation, test;
    `mnist, resample 3, …` of samples that were drawn anew.
    """
    titles = pd.Series([_title(*data) for data in table[DATA].itertuples(index=False)], table.index)
    alike = table.groupby(titles)["checksum"].transform("nunique") > 1
    return titles.where(~alike, titles + ", checksum " + table["checksum"].astype(str).str[:8])


def _title(dataset: Any, split: Any, checksum: Any, *sizes: Any) -> str:
    if pd.isna(checksum):
        return "data unknown"
    return f"{with_split(dataset, split)}, {' + '.join(map(count, sizes))} samples"


def with_split(dataset: str, split: str) -> str:
    """How a dataset is called with the samples that were tested with: `digits, resample 3`."""
    return dataset if split == ORIGINAL else f"{dataset}, {split}"
