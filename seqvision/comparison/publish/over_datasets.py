"""A page over several datasets: accuracies by dataset, ranks over them, and others' figures.

What was tested with the datasets' own test samples and what was tested with samples drawn anew
stand in tables of their own; no number is of both.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from seqvision.comparison.across import Across, across
from seqvision.comparison.across.words import OVER, caption, pairs, ranking, values
from seqvision.comparison.charts.across import ACROSS_CHARTS
from seqvision.comparison.formats import escape_md
from seqvision.comparison.publish.body import Body, code, frame
from seqvision.comparison.publish.commands import commands
from seqvision.comparison.publish.others import others_figures
from seqvision.comparison.remarks import Notes, Question
from seqvision.errors import NothingToShow
from seqvision.formatting import count, counted, mean_rank, p_value, points, ranges

METRIC = "test_accuracy"
"""What archives of series are compared by."""
_SPLITS = ("original", "redrawn", "folds")


def over_datasets(records: pd.DataFrame, notes: Notes, name: str | None) -> Body | None:
    """The page's tables and diagram; None if no dataset has a value that others may stand beside.

    Args:
        name: that of the page's file, without its ending; without it there is no diagram.
    """
    found = {split: one for split in _SPLITS if (one := _over(records, split))}
    if not found:
        return None
    ranked = list(found.values())[-1]
    figures = _figures(ranked, name)
    return Body(
        lead="Test accuracy in percent: on the original split the mean over seeds, elsewhere over "
        "the samples drawn anew, with its 95 % interval by Student's t; the two are never mixed. "
        "No choice within a run looks at the test samples.",
        sections=[
            *(part for one in found.values() for part in _values(one, ranked)),
            *_ranks(ranked, records, figures),
            *_findings(ranked, notes.questions),
            *others_figures(ranked, found.get("original"), notes.others),
            *_repeat(records),
        ],
        figures=figures,
    )


def _over(records: pd.DataFrame, split: str) -> Across | None:
    try:
        return across(records, metric=METRIC, split=split)
    except NothingToShow:
        return None


def _values(comparison: Across, ranked: Across) -> Iterator[str]:
    """A row for each dataset.

    It has its samples, or the resamples or folds, and each model's value, the models in the order
    of the ranks.
    """
    cells, shown = comparison.cells, values(comparison, intervals=True).table
    models = [model for model in ranked.models["model"] if model in shown]
    shown = shown[["dataset", *models, *shown.columns.difference(["dataset", *models])]]
    if cells.split == "original":
        sizes = [" + ".join(map(count, cells.sizes[title])) for title in shown["dataset"]]
        shown.insert(1, "samples", sizes)
        said = "Samples to train on, to validate and to test with."
    else:
        what = "folds" if cells.split == "folds" else "resamples"
        shown.insert(1, what, [ranges(cells.numbers[title]) for title in shown["dataset"]])
        said = (
            f"Intervals are over the {what}; as these share samples, they err on the narrow side."
        )
    yield f"## {OVER[cells.split].capitalize()}"
    yield frame(shown)
    yield " ".join([said, *map(escape_md, cells.notes)])


def _ranks(comparison: Across, records: pd.DataFrame, figures: dict[str, Any]) -> Iterator[str]:
    part, cells = ranking(comparison), comparison.cells
    folder = Path(records["folder"].iloc[0]).parents[1]
    command = f"seqvision compare {folder} --across --metric {METRIC} --split {cells.split}"
    yield "## Ranks"
    yield f"{escape_md(part.title)}. All of this, and each value: {code(command)}."
    yield frame(part.table)
    yield from (f"![Mean ranks over datasets]({file})" for file in figures)
    yield " ".join(escape_md(each) for each in caption(comparison) if each not in cells.notes)
    yield frame(pairs(comparison).table)


def _figures(comparison: Across, name: str | None) -> dict[str, Any]:
    if name is None:
        return {}
    try:
        return {f"{name}.svg": ACROSS_CHARTS.get("critical_difference")(comparison)}
    except NothingToShow:
        return {}


def _findings(comparison: Across, questions: list[Question]) -> Iterator[str]:
    """Each question's pairs, in words."""
    found = {
        question.ask: [
            _pair(comparison, *pair)
            for pair in question.pairs
            if {*pair} <= {*comparison.models["model"]}
        ]
        for question in questions
    }
    if not any(found.values()):
        return
    yield "## Findings"
    yield (
        f"Over the {counted(len(comparison.complete), 'dataset')} that every model has, of the "
        f"{OVER[comparison.cells.split]}; ranks and p are those above."
    )
    for ask, lines in found.items():
        if lines:
            yield f"**{escape_md(ask)}**"
            yield "\n".join(lines)


def _pair(comparison: Across, name: str, baseline: str) -> str:
    both = comparison.values.loc[comparison.complete, [name, baseline]]
    rank = comparison.models.set_index("model")["mean_rank"]
    of_both = comparison.pairs[
        comparison.pairs["model"].isin([name, baseline])
        & comparison.pairs["other"].isin([name, baseline])
    ].iloc[0]
    better, worse = of_both["wins"], of_both["losses"]
    if of_both["model"] != name:
        better, worse = worse, better
    verdict = "no difference shown"
    if of_both["different"]:
        verdict = "it ranks better" if of_both["model"] == name else "it ranks worse"
    p = of_both["p"]
    said = "" if p != p else f", p {p_value(p) if p < 0.001 else '= ' + p_value(p)}"
    return (
        f"- {code(name)} against {code(baseline)}: better on {count(better)}, equal on "
        f"{count(of_both['ties'])}, worse on {count(worse)}; on average "
        f"{points((both[name] - both[baseline]).mean())} points of accuracy; mean ranks "
        f"{mean_rank(rank[name])} and {mean_rank(rank[baseline])}{said}: {verdict}."
    )


def _repeat(records: pd.DataFrame) -> Iterator[str]:
    yield "## Repeat it"
    yield "In a POSIX shell. A grid is a run for each; what is finished is not run again."
    yield "\n".join(["```bash", *commands(records), "```"])
