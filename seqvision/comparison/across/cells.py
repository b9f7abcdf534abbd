"""The cells of a table of models and datasets: means over seeds and over the same resamples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seqvision.comparison.across.published import Published, short_name
from seqvision.comparison.groups import label
from seqvision.errors import NothingToShow, SeqvisionError
from seqvision.formatting import count, counted, ranges

SPLITS = ("original", "resamples", "folds")
"""The dataset's own split; its resamples, of which that is number 0; the folds of all samples."""


@dataclass
class Cells:
    """A value for each dataset and model that has one."""

    split: str
    values: pd.DataFrame
    """Datasets, by title, × models; NaN where there is none."""
    numbers: dict[str, list[int]]
    """Of each dataset the resamples or folds over which all its values are means."""
    origins: dict[str, str]
    """The checksum of each dataset as it came."""
    published: dict[str, str]
    """The file of each published model."""
    notes: list[str] = field(default_factory=list)
    """What is left out, in sentences."""


def cells(
    records: pd.DataFrame,
    by: list[str],
    metric: str,
    split: str | None,
    published: Mapping[str, Published],
) -> Cells:
    """The mean of each model on each dataset.

    All values of a dataset are means over the same resamples, or folds: those that every model with
    any on this dataset has. Of resamples and folds two are needed: one alone is no mean that others
    could stand beside.

    Args:
        records: finished runs, as `load_records` gives them.
        by: the columns that name a model.
        split: one of `SPLITS`; if None, resamples where there are any, else folds, else original.
        published: others' results by the name of their model.

    Raises:
        SeqvisionError: there are no runs of this split, or a published model has the name of one
            of ours.
    """
    runs = records.reindex(columns=list(dict.fromkeys([*records.columns, *_WANTED])))
    runs = runs[runs[metric].notna()]
    runs = runs.assign(model=[label(row) for row in runs[by].itertuples(index=False)])
    kinds = pd.Series("original", runs.index)
    kinds[runs["resample"].fillna(0) > 0] = "resamples"
    kinds[runs["folds"].notna()] = "folds"
    split = split or next((s for s in ("resamples", "folds") if (kinds == s).any()), "original")
    wanted = ["original", "resamples"] if split == "resamples" else [split]
    notes = []
    for other in [s for s in SPLITS if s not in wanted]:
        if n := int((kinds == other).sum()):
            of = "the original split" if other == "original" else other
            notes.append(f"{counted(n, 'run')} of {of} left out: not the same samples.")
    runs = runs[kinds.isin(wanted)]
    if runs.empty or (split == "resamples" and not (kinds == split).any()):
        raise NothingToShow(f"there is no finished run of the split {split!r} with {metric}")
    if taken := sorted({*published} & {*runs["model"]}):
        raise SeqvisionError(f"published: {taken[0]!r} is the name of a model of these runs")
    if published and split == "folds":
        raise SeqvisionError("published: its resamples cannot stand beside folds")
    number = runs["fold"] if split == "folds" else runs["resample"]
    runs = runs.assign(number=number.fillna(0).astype(int))
    runs = runs.assign(title=_titles(runs))
    origins = dict(zip(runs["title"], runs["drawn_from"].fillna(runs["checksum"]), strict=True))
    files = {name: results.file for name, results in published.items()}
    found = Cells(split, pd.DataFrame(), {}, origins, files, notes)
    of_all = {
        str(title): _of_dataset(str(title), own, metric, published, found)
        for title, own in runs.groupby("title", sort=True)
    }
    models = list(dict.fromkeys([*runs["model"], *published]))
    found.values = pd.DataFrame(of_all).T.reindex(columns=models).dropna(how="all").astype(float)
    return found


_DATA = ["dataset", "data.training", "data.validation", "folds", "drawn_from"]
_WANTED = [*_DATA, "checksum", "resample", "fold", "seed", "train", "validation", "test"]


def _titles(runs: pd.DataFrame) -> pd.Series:
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


def _of_dataset(
    title: str,
    runs: pd.DataFrame,
    metric: str,
    published: Mapping[str, Published],
    found: Cells,
) -> dict[str, float]:
    """The value of each model on one dataset; notes what is left out of `found`."""
    configs = runs.groupby(["model", "number"])["config_hash"].nunique()
    for model in dict.fromkeys(configs.index[configs > 1].get_level_values("model")):
        found.notes.append(f"{title}: {model} is the mean over several configs.")
    means = runs.groupby(["model", "number", "seed"])[metric].mean()
    means = means.groupby(["model", "number"]).mean()
    of_models = {
        str(model): {int(number): float(value) for (_, number), value in own.items()}
        for model, own in means.groupby("model")
    }
    if runs["data.training"].isna().all():  # Others train on all samples.
        name = short_name(str(runs["dataset"].iloc[0]))
        of_models |= {m: p.values[name] for m, p in published.items() if p.values.get(name)}
    if found.split == "original":
        of_models = {model: {0: own[0]} for model, own in of_models.items() if 0 in own}
    else:
        for model in [model for model, own in of_models.items() if len(own) < 2]:
            del of_models[model]
            found.notes.append(f"{title}: {model} has one of the {found.split} alone, left out.")
    common = sorted(set.intersection(*map(set, of_models.values()))) if of_models else []
    if not common or (found.split != "original" and len(common) < 2):
        if of_models:
            found.notes.append(f"{title}: left out, as its models share no {found.split}.")
        return {}
    found.numbers[title] = common
    if any(len(own) > len(common) for own in of_models.values()):
        found.notes.append(
            f"{title}: over {found.split} {ranges(common)}, which all its models have."
        )
    return {m: sum(own[n] for n in common) / len(common) for m, own in of_models.items()}
