"""A page with a table for each data: each row with its interval, cost, and how to repeat it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from seqvision.comparison.formats import escape_md
from seqvision.comparison.groups import DATA, data_titles
from seqvision.comparison.publish.body import Body, code, table
from seqvision.comparison.publish.crossed import crossed
from seqvision.comparison.readable import readable
from seqvision.comparison.remarks import Notes, Other, Question
from seqvision.comparison.speeds import SPEEDS, UNEVEN, any_uneven
from seqvision.comparison.table import compare
from seqvision.config import load_config, zoo_names
from seqvision.formatting import NONE, counted, percent, points, ranges

_LEAD = (
    "Test error in percent, mean over seeds with its 95 % interval by Student's t. No choice "
    "within a run looks at the test images."
)
_OF_SPEEDS = (
    " Speeds are in samples/s, medians over the runs, on the machine named below: read ratios."
)


def by_data(records: pd.DataFrame, notes: Notes) -> Body:
    """The page's tables, one for each data, with findings and others' figures."""
    if not notes.speeds:
        records = records.drop(columns=[speed for speed in SPEEDS if speed in records])
    comparison = compare(records)
    uneven = [escape_md(UNEVEN)] if any_uneven(comparison) else []
    return Body(
        lead=_LEAD + (_OF_SPEEDS if notes.speeds else ""),
        warnings=uneven,
        sections=[
            *crossed(records, notes.crossed),
            *_tables(comparison, records),
            *_findings(records, notes.questions),
            *_others(comparison, notes.others),
        ],
    )


def _tables(comparison: pd.DataFrame, records: pd.DataFrame) -> Iterator[str]:
    finished = records[records["status"] == "finished"]
    row_of = ["name", *DATA]
    runs = dict(list(finished.groupby(row_of, dropna=False)))
    for part in readable(comparison):
        yield f"## {escape_md(part.title)}"
        rows = part.table.drop(columns=["sd", "best", "worst"])
        keys = comparison.loc[rows.index, row_of].itertuples(index=False, name=None)
        repeat = [_commands(runs[key]) if key in runs else NONE for key in keys]
        lines = [
            [*map(escape_md, row), command]
            for row, command in zip(rows.to_numpy(), repeat, strict=True)
        ]
        yield table([*map(str, rows.columns), "repeat it"], lines)
        yield from map(escape_md, part.notes)


def _commands(runs: pd.DataFrame) -> str:
    """The commands that repeat a row's runs, by a config of the zoo or else by the runs' own."""
    found = []
    for (name, config_hash), own in runs.groupby(["name", "config_hash"], sort=False):
        of_zoo = name in zoo_names() and load_config(name).hash == config_hash
        source = name if of_zoo else Path(own["folder"].iloc[0], "config.yaml")
        found.append(code(f"seqvision run {source} --seeds {ranges(own['seed'])}"))
    return "<br>".join(found)


def _findings(records: pd.DataFrame, questions: list[Question]) -> Iterator[str]:
    """Each question's pairs, in words."""
    if not questions:
        return
    yield "## Findings"
    yield (
        "Differences are in points of test error, over the seeds that both models have, with the "
        "95 % interval of Student's paired t. Where it holds zero, no difference is shown."
    )
    for question in questions:
        said = [line for pair in question.pairs for line in _pair(records, *pair)]
        if said:
            yield f"**{escape_md(question.ask)}**"
            yield "\n".join(said)


def _pair(records: pd.DataFrame, name: str, baseline: str) -> Iterator[str]:
    both = records[records["name"].isin([name, baseline])]
    if set(both.loc[both["status"] == "finished", "name"]) != {name, baseline}:
        return
    compared = compare(both, baseline=baseline)
    titles = data_titles(compared)
    several = (
        titles.nunique() > compared["dataset"].nunique()
    )  # Such as training sets of many sizes.
    for title, row in zip(titles, compared.itertuples(), strict=True):
        if row.name != name or pd.isna(row.difference):
            continue
        dataset = escape_md(title if several else title.partition(",")[0])
        yield f"- {code(name)} against {code(baseline)} on {dataset}: {_in_words(row)}"


def _in_words(row: Any) -> str:
    seeds = counted(row.common_seeds, "seed")
    if pd.isna(row.difference_low):
        return f"{points(row.difference)} points ({seeds}: no interval)."
    interval = f"95 %: {points(row.difference_low)} to {points(row.difference_high)}, {seeds}"
    if row.difference_high < 0:
        verdict = "it errs less"
    elif row.difference_low > 0:
        verdict = "it errs more"
    else:
        verdict = "no difference shown"
    return f"{points(row.difference)} points ({interval}): {verdict}."


def _others(comparison: pd.DataFrame, others: list[Other]) -> Iterator[str]:
    """Others' figures beside our model with the lowest error on the same dataset."""
    ranked = comparison[comparison["rank"].notna()]
    for dataset in dict.fromkeys(other.dataset for other in others):
        best = ranked[ranked["dataset"] == dataset].sort_values("mean").head(1)
        rows = [[o.what, o.figure("test_error"), o.source] for o in others if o.dataset == dataset]
        for ours in best.itertuples():
            half = percent((ours.high - ours.low) / 2).rstrip("%")
            spread = "" if pd.isna(ours.low) else f" ± {half}"
            error = percent(ours.mean).rstrip("%") + spread
            rows.append([f"{ours.name} (ours)", error, "this page"])
        yield f"## Beside others' figures: {escape_md(dataset)}"
        yield table(["model", "test error %", "source"], [[*map(escape_md, row)] for row in rows])
