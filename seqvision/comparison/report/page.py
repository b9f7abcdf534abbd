"""Puts the report together, with a chapter for each dataset."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from seqvision.comparison.answers import answers
from seqvision.comparison.charts.base import model_names, ranked
from seqvision.comparison.charts.html import template, vega
from seqvision.comparison.groups import grouped, with_split
from seqvision.comparison.left_out import grouped_warnings
from seqvision.comparison.records import tested
from seqvision.comparison.report.across import across_section
from seqvision.comparison.report.figures import Figure, figures
from seqvision.comparison.report.gallery import Card, Dispute, disputes, hard_images
from seqvision.comparison.report.leaderboard import Leaderboard, leaderboard
from seqvision.comparison.report.pictures import test_pictures
from seqvision.comparison.report.provenance import Provenance, provenance
from seqvision.comparison.report.search import search_section
from seqvision.comparison.report.strips import Strip, strips
from seqvision.errors import NothingToShow, SeqvisionError, did_you_mean
from seqvision.formatting import count, counted, percent, samples_of
from seqvision.runs.record import read_record


@dataclass(frozen=True)
class Chapter:
    """The part of the report on the runs on one dataset."""

    id: str
    title: str
    lead: str
    data: dict[str, Any]
    baseline: str | None
    noun: str
    """What a sample is: `image` or `series`, the plural of which is `nouns`."""
    nouns: str
    test_samples: int
    leaderboard: Leaderboard
    figures: list[Figure]
    provenance: Provenance
    origin_ids: dict[str, str]
    """The id on the page of each model's provenance."""
    notes: list[str] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    strips_problem: str = ""
    hard: list[Card] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    pictures_problem: str = ""


@grouped_warnings()
def report(
    records: pd.DataFrame,
    *,
    baseline: str | None = None,
    title: str | None = None,
    searches: Mapping[str, pd.DataFrame] | None = None,
    published: Mapping[str, str | Path] | None = None,
) -> str:
    """Return the report of some runs as one HTML page that needs no other file and no network.

    The page has, where there are several datasets, or resamples or folds of one, the models' ranks
    and values over all of them; and for each dataset, its original split or else its first resample
    or fold: a leaderboard that sorts and filters, the charts of `seqvision.comparison.charts`, the
    test samples that most models get wrong or that scans disagree on, and where each number comes
    from. Pictures are of the dataset that the records name, if it is on this machine and its
    checksum is theirs; where it is not, the page says so.

    Args:
        records: what `load_records` gives, or some of its rows.
        baseline: the name of the model that the others are compared with.
        title: the heading.
        searches: what `load_trials` gives of each search to show, by its name.
        published: files of others' results by the name of their model, as `across` takes them.

    Raises:
        SeqvisionError: no run is finished, or none is of the baseline.
    """
    records = tested(records)
    done = records[records["status"] == "finished"]
    if done.empty:
        raise SeqvisionError(f"none of {len(records)} runs is finished: there is nothing to report")
    together = across_section(records, published)
    parts = _by_data(records, once=together is not None)
    chapters = [_chapter(f"data-{place}", own, baseline) for place, own in enumerate(parts, 1)]
    if baseline is not None and not any(chapter.baseline for chapter in chapters):
        near = did_you_mean(baseline, done["name"].unique())
        raise SeqvisionError(f"no finished run of the baseline {baseline!r}{near}")
    models = sum(len(chapter.provenance.origins) for chapter in chapters)
    return template(_own("page.html.j2")).render(
        title=title or ("One model" if models == 1 else f"{models} models compared"),
        lead=_lead(records, done, chapters),
        across=together,
        chapters=chapters,
        searches=[
            search_section(f"search-{place}", name, trials)
            for place, (name, trials) in enumerate((searches or {}).items(), 1)
        ],
        unfinished=_unfinished(records),
        version=version("seqvision"),
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        vega=vega(),
        script=_own("page.js"),
        css=_own("page.css"),
    )


def _by_data(records: pd.DataFrame, once: bool) -> list[pd.DataFrame]:
    """The runs on each data with a finished run, unfinished ones among them; most runs first.

    Args:
        once: take each dataset once: its original split, or else its first resample or fold.
    """
    runs = grouped(records, ["name"])
    drawn = ["drawn_from", "folds", "resample", "fold"]
    done = runs.reindex(columns=["block", "status", "checksum", *drawn])
    done = done[(done["block"] >= 0) & (done["status"] == "finished")]
    done = done.sort_values([*drawn, "block"], na_position="first").drop_duplicates("block")
    again = done["drawn_from"].isin(done["checksum"]) | done["drawn_from"].duplicated()
    if once:
        done = done[done["drawn_from"].isna() | ~again]
    parts = [runs[runs["block"] == block] for block in sorted(done["block"])]
    return sorted((part.drop(columns=["block", "row"]) for part in parts), key=len, reverse=True)


def _chapter(id: str, records: pd.DataFrame, baseline: str | None) -> Chapter:
    records = records.assign(model=model_names(records))
    runs = ranked(records)
    models = list(runs["model"].unique())
    named = runs.loc[(runs["name"] == baseline) | (runs["model"] == baseline), "model"].unique()
    if len(named) > 1:
        raise SeqvisionError(f"the baseline {baseline!r} is several models: {', '.join(named)}")
    own_baseline = named[0] if len(named) else None
    record = read_record(Path(runs["folder"].iloc[0]))
    assert record  # The run is finished.
    data, classes = record["dataset"], record["dataset"]["class_names"]
    found: dict[str, Any] = {"notes": []}
    noun = data.get("kind", "image")
    pictures = None
    try:
        pictures = test_pictures(record)
        found["strips"] = strips(runs, classes, pictures)
    except SeqvisionError as error:
        found["strips_problem"] = found["pictures_problem"] = str(error)
    with suppress(NothingToShow):  # The charts of predictions say why.
        every = answers(runs)
        found["hard"] = hard_images(every, classes, pictures)
        found["disputes"] = disputes(every, classes, pictures)
        if silent := len(runs) - len(every.runs):
            whose = f"{silent} of {counted(len(runs), 'run')}"
            found["notes"].append(f"{whose} left no answers: no part in what single samples show.")
    if baseline is not None and own_baseline is None:
        found["notes"].append(f"The baseline {baseline} has no finished run on these data.")
    return Chapter(
        id=id,
        title=with_split(data["name"], runs["split"].iloc[0]),
        lead=_words_on(data, runs),
        data=data,
        baseline=own_baseline,
        noun=noun,
        nouns="series" if noun == "series" else "images",
        test_samples=data["test"],
        leaderboard=leaderboard(records, own_baseline),
        figures=figures(records),
        provenance=provenance(runs, own_baseline or models[0]),
        origin_ids={model: f"{id}-origin-{place}" for place, model in enumerate(models, 1)},
        **found,
    )


def _lead(records: pd.DataFrame, done: pd.DataFrame, chapters: Sequence[Chapter]) -> str:
    others = len(records) - len(done)
    words = counted(len(done), "finished run")
    if len(chapters) > 1:
        words += f" on {len(chapters)} datasets, each ranked by itself"
    if others:
        words += f"; {counted(others, 'run')} without a result, listed at the end"
    return words + "."


def _words_on(data: dict[str, Any], runs: pd.DataFrame) -> str:
    models = list(runs["model"].unique())
    best = runs[runs["model"] == models[0]]["test_error"]
    stands_in = ""
    if data.get("asked_for", data["name"]) != data["name"]:
        stands_in = f" They stand in for {data['asked_for']}, which could not be had."
    share = f"{percent(best.mean())} of the test samples, over {counted(len(best), 'seed')}"
    result = f"{models[0]} errs on {share}."
    if len(models) > 1:
        result = f"Of {len(models)} models, {models[0]} errs least: {share}."
    train, validation, test = (count(data[part]) for part in ("train", "validation", "test"))
    return (
        f"{len(data['class_names'])} classes, {samples_of(data['input_shape'])}: {train} to train "
        f"on, {validation} to validate, {test} to test.{stands_in} {result}"
    )


def _unfinished(records: pd.DataFrame) -> list[dict[str, str]]:
    why = {"unfinished": "at work still, or cut short", "failed": "", "damaged": ""}
    others = records[records["status"] != "finished"][["run_id", "status", "error"]]
    return [
        {"run_id": run, "status": status, "why": error if isinstance(error, str) else why[status]}
        for run, status, error in others.itertuples(index=False)
    ]


def _own(name: str) -> str:
    return files("seqvision.comparison.report").joinpath(name).read_text(encoding="utf-8")
