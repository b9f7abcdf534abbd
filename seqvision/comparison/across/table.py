"""Models ranked over several datasets, with the tests that say which can be told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from seqvision.comparison.across.cells import SPLITS, Cells, cells
from seqvision.comparison.across.published import read_published
from seqvision.comparison.left_out import grouped_warnings
from seqvision.comparison.notebook import html_of
from seqvision.comparison.records import tested
from seqvision.comparison.table import check
from seqvision.errors import NothingToShow, SeqvisionError
from seqvision.metrics import ALIASES, higher_is_better
from seqvision.statistics.friedman import Friedman, critical_difference, friedman, nemenyi, ranks
from seqvision.statistics.holm import holm
from seqvision.statistics.wilcoxon import wilcoxon

TESTS = ("nemenyi", "wilcoxon")
ALPHA = 0.05


@dataclass(frozen=True)
class Across:
    """Models over datasets.

    Attributes:
        metric: what is compared.
        test: `nemenyi` or `wilcoxon`, which compares each two models.
        cells: the value of each model on each dataset, and how it came about.
        complete: the datasets that every model has a value on. Ranks and tests are over these.
        models: by mean rank: `model`, `published` (the file of one that was not rerun, else None),
            `datasets` (on which it has a value), `mean_rank`, and over all other models and
            complete datasets `wins`, `ties` and `losses`.
        pairs: each two models: `model`, `other`, `rank_difference` (mean rank of the other minus
            that of the model, which is better), `wins`, `ties`, `losses`, `p`, corrected for the
            number of pairs, and `different`.
        friedman: whether any models differ; None with fewer than three models or two datasets.
        critical_difference: of mean ranks, by Nemenyi's test; None with another, or without ranks.
        alike: models that cannot be told apart, as the bars of a critical-difference diagram: runs
            of two or more in the order of the ranks within which no two differ.
    """

    metric: str
    test: str
    cells: Cells
    complete: list[str]
    models: pd.DataFrame
    pairs: pd.DataFrame
    friedman: Friedman | None
    critical_difference: float | None
    alike: list[list[str]]

    def _repr_html_(self) -> str:
        from seqvision.comparison.across.words import caption, parts  # They are about this.

        return html_of(parts(self), caption(self))

    @property
    def values(self) -> pd.DataFrame:
        """Datasets × models, the models by rank; NaN where a model was not run."""
        return self.cells.values[self.models["model"].tolist()]


@grouped_warnings()
def across(
    records: pd.DataFrame,
    by: str | Sequence[str] = ("name",),
    metric: str = "test_error",
    split: str | None = None,
    published: Mapping[str, str | Path] | None = None,
    test: str = "nemenyi",
) -> Across:
    """Compare models over several datasets.

    A value is a model's mean over its seeds and, for resamples and folds, over those that all
    models have on this dataset. The original split alone and means over resamples never stand side
    by side. Models are ranked on each dataset that all of them have a value on. Whether any differ
    says Friedman's test; which of them, Nemenyi's, or Wilcoxon's signed-rank test with Holm's
    correction (of two models it is Wilcoxon's in any case). Demšar 2006, JMLR 7.

    Args:
        records: what `load_records` gives, or some rows of it; unfinished runs do not count.
        by: the columns that name a model.
        metric: a column of numbers.
        split: `original`, `resamples` (of which the original split is number 0), `redrawn` (the
            resamples without it) or `folds`; if None, resamples where there are any, else folds,
            else original.
        published: files of others' results by the name of their model, see `read_published`.
        test: `nemenyi` or `wilcoxon`.

    Raises:
        SeqvisionError: an unknown column, metric, split or test; no runs of the split; or a file
            that is no such table.

    Examples:
        >>> import pandas as pd, seqvision
        >>> records = pd.DataFrame(
        ...     [
        ...         ("gru", "a", 0.10), ("lstm", "a", 0.12),
        ...         ("gru", "b", 0.30), ("lstm", "b", 0.32),
        ...         ("gru", "c", 0.20), ("lstm", "c", 0.25),
        ...     ],
        ...     columns=["name", "dataset", "test_error"],
        ... ).assign(seed=0, status="finished", split="original", config_hash="")
        >>> seqvision.across(records).models[["model", "mean_rank"]].values.tolist()
        [['gru', 1.0], ['lstm', 2.0]]
    """
    by = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    records, metric = tested(records), ALIASES.get(metric, metric)
    check(records, by, metric)
    for what, value, known in (("split", split, tuple(SPLITS)), ("test", test, TESTS)):
        if value not in (None, *known):
            raise SeqvisionError(f"{what}: expected {' or '.join(known)}, got {value!r}")
    done = records[records["status"] == "finished"]
    if done.empty:
        raise NothingToShow(f"none of {len(records)} runs is finished: there is nothing to rank")
    files = {name: read_published(Path(file), metric) for name, file in (published or {}).items()}
    found = cells(done, by, metric, split, files)
    if found.values.empty:
        raise NothingToShow(f"no dataset has a value over {found.split}: {' '.join(found.notes)}")
    return _compared(found, metric, test)


def _compared(found: Cells, metric: str, test: str) -> Across:
    values, high = found.values, higher_is_better(metric)
    names, complete = list(values.columns), values.dropna()
    of_data = ranks(complete.to_numpy(), high=high) if len(complete) else np.empty((0, len(names)))
    means = _mean(of_data)
    order = np.argsort(means, kind="stable")
    names, of_data, means = [names[place] for place in order], of_data[:, order], means[order]
    complete = complete[names]
    test = "wilcoxon" if len(names) < 3 else test
    overall = friedman(of_data) if len(names) > 2 and len(of_data) > 1 else None
    pairs = _pairs(names, complete.to_numpy(), of_data, test)
    wins, ties, losses = _won(of_data)
    models = pd.DataFrame(
        {
            "model": names,
            "published": pd.Series([found.published.get(name) for name in names], dtype=object),
            "datasets": values[names].notna().sum().to_numpy(),
            "mean_rank": means,
            "wins": wins.sum(axis=1),
            "ties": ties.sum(axis=1),
            "losses": losses.sum(axis=1),
        }
    )
    needs = overall and test == "nemenyi"
    difference = critical_difference(len(names), len(of_data)) if needs else None
    if overall and overall.p >= ALPHA:  # Then no pair is to be called different.
        pairs["different"] = False
    alike = _alike(names, pairs) if len(of_data) > 1 else []
    return Across(
        metric, test, found, list(complete.index), models, pairs, overall, difference, alike
    )


def _mean(ranks: np.ndarray) -> np.ndarray:
    """The mean rank of each model; NaN where no dataset ranks them."""
    return ranks.mean(axis=0) if len(ranks) else np.full(ranks.shape[1], np.nan)


def _won(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """On how many datasets each model is better than, equal to and worse than each other one."""
    mine, others = ranks[:, :, None], ranks[:, None, :]
    ties = (mine == others).sum(axis=0)
    np.fill_diagonal(ties, 0)
    return (mine < others).sum(axis=0), ties, (mine > others).sum(axis=0)


def _pairs(names: list[str], values: np.ndarray, of_data: np.ndarray, test: str) -> pd.DataFrame:
    """Each two models, the better one first.

    Args:
        values, of_data: values and ranks, `(datasets, models)`, models by mean rank.
    """
    places = list(combinations(range(len(names)), 2))
    first, second = np.array(places, int).reshape(-1, 2).T
    means, won = _mean(of_data), _won(of_data)
    if len(of_data) < 2:
        p = np.full(len(places), np.nan)
    elif test == "nemenyi":
        p = nemenyi(means, len(of_data))[first, second]
    else:
        p = holm([wilcoxon(values[:, a] - values[:, b]) for a, b in places])
    return pd.DataFrame(
        {
            "model": [names[a] for a in first],
            "other": [names[b] for b in second],
            "rank_difference": means[second] - means[first],
            **{
                word: counts[first, second]
                for word, counts in zip(("wins", "ties", "losses"), won, strict=True)
            },
            "p": p,
            "different": p < ALPHA,
        }
    )


def _alike(names: list[str], pairs: pd.DataFrame) -> list[list[str]]:
    """The longest runs of models, in the order of the ranks, within which no two differ."""
    apart = pairs[pairs["different"]]
    differ = set(zip(apart["model"], apart["other"], strict=True))
    runs: list[list[str]] = []
    for start in range(len(names)):
        end = start + 1
        while end < len(names) and not any((m, names[end]) in differ for m in names[start:end]):
            end += 1
        if end - start > 1 and not (runs and runs[-1][-1] == names[end - 1]):
            runs.append(names[start:end])
    return runs
