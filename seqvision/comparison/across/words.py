"""A comparison over datasets as text for people: its tables and the sentences below them."""

from collections.abc import Iterator

import pandas as pd

from seqvision.comparison.across.table import ALPHA, Across
from seqvision.comparison.readable import Part
from seqvision.formatting import NONE, count, counted, mean_rank, number, p_value, percent
from seqvision.metrics import higher_is_better, is_share

MARK = "†"
"""Behind the name of a model that was not rerun."""
OVER = {
    "original": "the original split",
    "resamples": "resamples",
    "redrawn": "resamples without the original split",
    "folds": "folds",
}
"""What the values of each split are of, in words."""


def parts(comparison: Across) -> list[Part]:
    """The ranking, the values by dataset, and each two models."""
    return [ranking(comparison), values(comparison), pairs(comparison)]


def shown(comparison: Across) -> dict[str, str]:
    """The name that each model is shown by, marked if its results are published ones."""
    columns = comparison.models[["model", "published"]].itertuples(index=False)
    return {model: f"{model} {MARK}" if file else model for model, file in columns}


def ranking(comparison: Across) -> Part:
    """Mean ranks, wins, ties and losses."""
    models, names = comparison.models, shown(comparison)
    table = pd.DataFrame(
        {
            "model": models["model"].map(names),
            "mean rank": _ranks(models["mean_rank"]),
            **{word: models[word].map(count) for word in ("wins", "ties", "losses")},
            "datasets": models["datasets"].map(count),
        }
    )
    title = f"{counted(len(models), 'model')} over {counted(len(comparison.complete), 'dataset')}"
    return Part(f"{title}, {OVER[comparison.cells.split]}", table, [], ["model"])


def values(comparison: Across, *, intervals: bool = False) -> Part:
    """The value of each model on each dataset; with half its 95 % interval if asked for."""
    share, names, cells = is_share(comparison.metric), shown(comparison), comparison.cells
    text = {
        names[model]: [
            _value(value, cells.halves.loc[title, model] if intervals else float("nan"), share)
            for title, value in own.items()
        ]
        for model, own in comparison.values.sort_index().items()
    }
    table = pd.DataFrame({"dataset": sorted(comparison.values.index), **text})
    return Part(f"{comparison.metric}{' %' if share else ''}", table, [], ["dataset"])


def _value(value: float, half: float, share: bool) -> str:
    """`98.21`, or `98.21 ± 0.52`."""
    if value != value:
        return NONE
    said = [percent(each).rstrip("%") if share else number(each) for each in (value, half)]
    return said[0] if half != half else " ± ".join(said)


def pairs(comparison: Across) -> Part:
    """Each two models: how often which is better, and whether they differ."""
    each, names = comparison.pairs, shown(comparison)
    won = each[["wins", "ties", "losses"]].itertuples(index=False)
    table = pd.DataFrame(
        {
            "model": each["model"].map(names),
            "against": each["other"].map(names),
            "wins/ties/losses": ["/".join(map(count, counts)) for counts in won],
            "ranks apart": _ranks(each["rank_difference"]),
            "p": [NONE if p != p else p_value(p) for p in each["p"]],
            "different": ["yes" if different else "no" for different in each["different"]],
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
    means = "its seeds" if cells.split == "original" else f"its seeds and the {OVER[cells.split]}"
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
        why = f"not every model was run on {'it' if rest == 1 else 'them'}"
        yield f"{counted(rest, 'dataset')} left out of the ranks: {why}."
    if len({cells.origins[title] for title in comparison.complete}) < len(comparison.complete):
        yield "Some rows are of the same dataset: they say the same twice, and p is too small."
    yield in_short(comparison)
    if comparison.test == "wilcoxon":
        corrected = ", corrected after Holm for the number of pairs"
        few = len(comparison.models) < 3
        yield f"p of two models is of Wilcoxon's signed-rank test{'' if few else corrected}."
    elif comparison.critical_difference is not None:
        yield (
            f"By Nemenyi's test two models differ (p < {ALPHA}) if their mean ranks are "
            f"{mean_rank(comparison.critical_difference)} apart or more, the critical difference."
        )
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
    yield from cells.others
    yield from cells.notes


def _is(p: float) -> str:
    """`= 0.031` or `< 0.001`."""
    said = p_value(p)
    return said if said.startswith("<") else f"= {said}"
