"""The cells of a table of models and datasets: means over seeds and over the same resamples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from seqvision.comparison.across.left_out import LeftOut
from seqvision.comparison.across.published import Published, short_name
from seqvision.comparison.across.titles import OF_DATA, titles
from seqvision.comparison.groups import label
from seqvision.errors import NothingToShow, SeqvisionError
from seqvision.formatting import counted, ranges
from seqvision.statistics.student import t_interval

SPLITS = {
    "original": ("original",),
    "resamples": ("original", "redrawn"),
    "redrawn": ("redrawn",),
    "folds": ("folds",),
}
"""Of which runs the values are: of the dataset's own split; of its resamples, of which that is
number 0; of those that are drawn anew alone, without it; of the folds of all samples."""
_RUNS = {"original": "the original split", "redrawn": "resamples", "folds": "folds"}
"""What runs are called that are left out."""


@dataclass
class Cells:
    """A value for each dataset and model that has one."""

    split: str
    values: pd.DataFrame
    """Datasets, by title, × models; NaN where there is none."""
    halves: pd.DataFrame
    """Half the 95 % interval of each value, by Student's t: over the seeds of the original split,
    or else over the resamples or folds; NaN where there is one alone, or no spread."""
    numbers: dict[str, list[int]]
    """Of each dataset the resamples or folds over which all its values are means."""
    sizes: dict[str, tuple[int, int, int]]
    """The samples to train on, to validate and to test with, of each dataset."""
    origins: dict[str, str]
    """The checksum of each dataset as it came."""
    published: dict[str, str]
    """The file of each published model."""
    others: list[str]
    """The runs of other splits, which are left out, in sentences."""
    notes: list[str]
    """What else is left out, in sentences."""


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
        split: a key of `SPLITS`; if None, resamples where there are any, else folds, else original.
        published: others' results by the name of their model.

    Raises:
        SeqvisionError: there are no runs of this split, or a published model has the name of one
            of ours.
    """
    needed = [*records.columns, *OF_DATA, "resample", "fold", "seed"]
    runs = records.reindex(columns=list(dict.fromkeys(needed)))
    runs = runs[runs[metric].notna()]
    runs = runs.assign(model=[label(row) for row in runs[by].itertuples(index=False)])
    kinds = pd.Series("original", runs.index)
    kinds[runs["resample"].fillna(0) > 0] = "redrawn"
    kinds[runs["folds"].notna()] = "folds"
    there = {*kinds}
    if split is None:
        split = "resamples" if "redrawn" in there else "folds" if "folds" in there else "original"
    others = []
    for kind, of in _RUNS.items():
        if kind in there and kind not in SPLITS[split]:
            n = int((kinds == kind).sum())
            others.append(f"{counted(n, 'run')} of {of} left out: not the same samples.")
    runs = runs[kinds.isin(SPLITS[split])]
    if SPLITS[split][-1] not in there:
        raise NothingToShow(f"there is no finished run of the split {split!r} with {metric}")
    if taken := sorted({*published} & {*runs["model"]}):
        raise SeqvisionError(f"published: {taken[0]!r} is the name of a model of these runs")
    if published and split == "folds":
        raise SeqvisionError("published: its resamples cannot stand beside folds")
    number = runs["fold"] if split == "folds" else runs["resample"]
    runs = runs.assign(number=number.fillna(0).astype(int))
    runs = runs.assign(title=titles(runs))
    origins = dict(zip(runs["title"], runs["drawn_from"].fillna(runs["checksum"]), strict=True))
    files = {name: results.file for name, results in published.items()}
    left_out = LeftOut()
    rows = {
        str(title): _row(str(title), own, metric, split, published, left_out)
        for title, own in runs.groupby("title", sort=True)
    }
    rows = {title: row for title, row in rows.items() if row.values}
    models = list(dict.fromkeys([*runs["model"], *published]))
    sizes = runs.groupby("title")[["train", "validation", "test"]].first()
    return Cells(
        split=split,
        values=pd.DataFrame({t: row.values for t, row in rows.items()}, models, dtype=float).T,
        halves=pd.DataFrame({t: row.halves for t, row in rows.items()}, models, dtype=float).T,
        numbers={title: row.numbers for title, row in rows.items()},
        sizes={str(size[0]): size[1:] for size in sizes.itertuples(name=None)},
        origins=origins,
        published=files,
        others=others,
        notes=left_out.sentences(),
    )


class _Row(NamedTuple):
    """A dataset: the value of each model, half its interval, and the numbers of the resamples."""

    values: dict[str, float]
    halves: dict[str, float]
    numbers: list[int]


def _row(
    title: str,
    runs: pd.DataFrame,
    metric: str,
    split: str,
    published: Mapping[str, Published],
    left_out: LeftOut,
) -> _Row:
    """The values of one dataset; none if its models share no resamples."""
    configs = runs.groupby(["model", "number"])["config_hash"].nunique()
    for model in dict.fromkeys(configs.index[configs > 1].get_level_values("model")):
        left_out.add("The mean over several configs", title, model)
    of_seeds = runs.groupby(["model", "number", "seed"])[metric].mean()
    means = of_seeds.groupby(["model", "number"]).mean()
    of_models = {
        str(model): {int(number): float(value) for (_, number), value in own.items()}
        for model, own in means.groupby("model")
    }
    if runs["data.training"].isna().all():  # Others train on all samples.
        name = short_name(str(runs["dataset"].iloc[0]))
        of_models |= {m: p.values[name] for m, p in published.items() if p.values.get(name)}
    drawn = _RUNS[SPLITS[split][-1]]
    if split == "original":
        of_models = {model: {0: own[0]} for model, own in of_models.items() if 0 in own}
    else:
        if split == "redrawn":  # Others' have number 0 too.
            of_models = {m: {n: v for n, v in own.items() if n} for m, own in of_models.items()}
        for model in [model for model, own in of_models.items() if len(own) < 2]:
            del of_models[model]
            left_out.add(f"One of the {drawn} alone, left out", title, model)
    common = sorted(set.intersection(*map(set, of_models.values()))) if of_models else []
    if not common or (split != "original" and len(common) < 2):
        if of_models:
            left_out.add(f"Left out, as models share no {drawn}", title)
        return _Row({}, {}, [])
    if any(len(own) > len(common) for own in of_models.values()):
        left_out.add(f"Over those {drawn} that all models have", title, ranges(common))
    over = {model: pd.Series([own[n] for n in common]) for model, own in of_models.items()}
    values = {model: float(own.mean()) for model, own in over.items()}
    if split == "original":
        over |= {str(model): own for model, own in of_seeds.groupby("model")}
    return _Row(values, {model: _half(own) for model, own in over.items()}, common)


def _half(values: pd.Series) -> float:
    """Half the 95 % interval of the mean of some values."""
    low, high = t_interval(values.mean(), values.std(), len(values))
    return float(high - low) / 2
