"""A comparison over datasets as a file: csv and parquet hold its values, json all of it."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from seqvision.comparison.across.table import Across
from seqvision.comparison.across.words import caption, parts
from seqvision.comparison.formats import latex_of, md_of


def as_csv(comparison: Across) -> str:
    """A line for each model and dataset."""
    return _long(comparison).to_csv(index=False)


def as_json(comparison: Across) -> str:
    """All of it, as one object.

    Its keys are `metric`, `split`, `test`, `models`, `datasets` (each with its `values`), `pairs`,
    `friedman`, `critical_difference`, `alike` and `caption`.
    """
    values = comparison.values.astype(object).where(comparison.values.notna(), None)
    content: dict[str, Any] = {
        "metric": comparison.metric,
        "split": comparison.cells.split,
        "test": comparison.test,
        "models": _rows(comparison.models),
        "datasets": [
            {
                "dataset": title,
                "numbers": comparison.cells.numbers[title],
                "complete": title in comparison.complete,
                "values": row,
            }
            for title, row in values.to_dict("index").items()
        ],
        "pairs": _rows(comparison.pairs),
        "friedman": asdict(comparison.friedman) if comparison.friedman else None,
        "critical_difference": comparison.critical_difference,
        "alike": comparison.alike,
        "caption": caption(comparison),
    }
    if content["friedman"] and content["friedman"]["f"] == float("inf"):
        content["friedman"]["f"] = None
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def as_md(comparison: Across) -> str:
    """Its tables in Markdown, and what is said below them."""
    return md_of(parts(comparison), caption(comparison))


def as_latex(comparison: Across) -> str:
    """Its tables in LaTeX, and what is said below them."""
    return latex_of(parts(comparison), caption(comparison))


def write_parquet(comparison: Across, path: Path) -> None:
    """Write a row for each model and dataset."""
    _long(comparison).to_parquet(path, index=False)


def _long(comparison: Across) -> pd.DataFrame:
    """A row for each model and dataset.

    Its columns are `model`, `published`, `dataset`, `split`, `numbers` of the resamples or folds,
    and the metric.
    """
    table = comparison.values.rename_axis("dataset").reset_index()
    table = table.melt("dataset", var_name="model", value_name=comparison.metric).dropna()
    numbers = comparison.cells.numbers
    table["published"] = table["model"].map(comparison.cells.published).astype("string")
    table["split"] = comparison.cells.split
    table["numbers"] = [" ".join(map(str, numbers[title])) for title in table["dataset"]]
    columns = ["model", "published", "dataset", "split", "numbers", comparison.metric]
    return table[columns].reset_index(drop=True)


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return json.loads(table.to_json(orient="records", double_precision=15))
