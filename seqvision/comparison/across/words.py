"""A comparison over datasets as text for people: its tables and the sentences below them."""

from collections.abc import Iterator

import pandas as pd

from seqvision.comparison.across.table import ALPHA, Across
from seqvision.comparison.readable import Part
from seqvision.formatting import NONE, count, counted, mean_rank, number, p_value, percent
from seqvision.metrics import higher_is_better, is_share

MARK = "†"
"""Behind the name of a model that was not rerun."""


def parts(comparison: Across) -> list[Part]:
    """The ranking, the values by dataset, and each two models."""
    return [_ranking(comparison), _values(comparison), _pairs(comparison)]


def shown(comparison: Across) -> dict[str, str]:
    """The name that each model is shown by, marked if its results are published ones."""
    columns = comparison.models[["model", "published"]].itertuples(index=False)
    return {model: f"{model} {MARK}" if file else model for model, file in columns}


def _ranking(comparison: Across) -> Part:
    models, names = comparison.models, shown(comparison)
    table = pd.DataFrame(
        {
            "model": models["model"].map(names),
            "mean rank": _ranks(models["mean_rank"]),
            **{word: models[word].map(count) for word in ("wins", "ties", "losses")},
            "datasets": models["datasets"].map(count),
        }
    )
    over = "the original split" if comparison.cells.split == "original" else comparison.cells.split
    title = f"{counted(len(models), 'model')} over {counted(len(comparison.complete), 'dataset')}"
    return Part(f"{title}, {over}", table, [], ["model"])


def _values(comparison: Across) -> Part:
    share, names = is_share(comparison.metric), shown(comparison)
    values = comparison.values.sort_index()
    text = {
        names[model]: [
            NONE if value != value else percent(value).rstrip("%") if share else number(value)
            for value in values[model]
        ]
        for model in values
    }
    table = pd.DataFrame({"dataset": values.index, **text})
    return Part(f"{comparison.metric}{' %' if share else ''}", table, [], ["dataset"])


def _pairs(comparison: Across) -> Part:
    pairs, names = comparison.pairs, shown(comparison)
    won = pairs[["wins", "ties", "losses"]].itertuples(index=False)
    table = pd.DataFrame(
        {
            "model": pairs["model"].map(names),
            "against": pairs["other"].map(names),
            "wins/ties/losses": ["/".join(map(count, each)) for each in won],
            "ranks apart": _ranks(pairs["rank_difference"]),
            "p": [NONE if p != p else p_value(p) for p in pairs["p"]],
            "different": ["yes" if each else "no" for each in pairs["different"]],
        }
    )
    return Part("each pair of models", table, [], ["model", "against"])


def _ranks(means: pd.Series) -> list[str]:
    return [NONE if mean != mean else mean_rank(mean) for mean in means]


def caption(comparison: Across) -> list[str]:
    """Sentences that say what the numbers mean, what was left out, and which models differ."""
    return list(_caption(comparison))


def in_short(comparison: Across) -> str:
    """Whether the models differ, in one sentence."""
    found = comparison.friedman
    if found is None:
        return "Friedman's test needs three models, and two datasets that all of them have."
    f = "infinite" if found.f == float("inf") else number(found.f)
    differ = "the models differ" if found.p < ALPHA else "no difference is shown"
    return (
        f"Friedman's test: chi² {number(found.chi2)} ({found.chi2_df} degrees of freedom, p "
        f"{_is(found.chi2_p)}), and as Iman and Davenport correct it F {f} ({found.f_df[0]} and "
        f"{found.f_df[1]}, p {_is(found.p)}): {differ}."
    )


def _caption(comparison: Across) -> Iterator[str]:
    metric, cells = comparison.metric, comparison.cells
    means = "its seeds" if cells.split == "original" else f"its seeds and the {cells.split}"
    good = "high" if higher_is_better(metric) else "low"
    yield f"{metric}, best when {good}: a model's mean over {means}."
    if cells.split == "resamples":
        yield "Number 0 of the resamples is the original split, as in the archives' results."
    rest = len(cells.values) - len(comparison.complete)
    yield (
        "Ranks, 1 the best, and all that follows are over the "
        f"{counted(len(comparison.complete), 'dataset')} that every model has; equal values share "
        "their mean rank."
    )
    if rest:
        yield f"{counted(rest, 'dataset')} left out of the ranks: not every model was run on it."
    if len({cells.origins[title] for title in comparison.complete}) < len(comparison.complete):
        yield "Some rows are of the same dataset: they say the same twice, and p is too small."
    yield in_short(comparison)
    yield _of_test(comparison)
    if comparison.friedman and comparison.friedman.p >= ALPHA:
        yield "As Friedman's test shows no difference, no two models are called different."
    if comparison.alike:
        groups = "; ".join(", ".join(group) for group in comparison.alike)
        yield f"Not told apart: {groups}."
    if comparison.complete:
        yield "Datasets are taken for a sample: seeds and resamples enter by their mean alone."
    if cells.published:
        files = ", ".join(f"{model} ({file})" for model, file in cells.published.items())
        yield f"{MARK} published results, not rerun here: {files}."
    yield from cells.notes


def _of_test(comparison: Across) -> str:
    if comparison.test == "wilcoxon":
        corrected = ", corrected after Holm for the number of pairs"
        few = len(comparison.models) < 3
        return f"p of two models is of Wilcoxon's signed-rank test{'' if few else corrected}."
    if comparison.critical_difference is None:
        return "Nemenyi's test needs ranks of three models on two datasets."
    apart = mean_rank(comparison.critical_difference)
    return (
        f"By Nemenyi's test two models differ (p < {ALPHA}) if their mean ranks are {apart} apart "
        "or more, the critical difference."
    )


def _is(p: float) -> str:
    """`= 0.031` or `< 0.001`."""
    said = p_value(p)
    return said if said.startswith("<") else f"= {said}"
