"""Puts the report together, a chapter for each dataset: runs on different data are not ranked."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from seqvision.compare.answers import Answers, answers
from seqvision.compare.charts import CHARTS
from seqvision.compare.charts.base import data_names, ranked
from seqvision.compare.charts.html import template, vega
from seqvision.compare.report.gallery import Card, Dispute, disputes, hard_images
from seqvision.compare.report.leaderboard import Leaderboard, leaderboard
from seqvision.compare.report.pictures import test_images
from seqvision.compare.report.provenance import Provenance, provenance, read_record
from seqvision.compare.report.strips import Strip, strips
from seqvision.errors import NothingToShow, SeqvisionError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Figure:
    """A chart, or why there is none."""

    kind: str
    title: str
    caption: str = ""
    spec: dict[str, Any] | None = None
    problem: str = ""
    small: bool = False


@dataclass(frozen=True)
class Chapter:
    """All there is to say of the runs on one dataset."""

    id: str
    title: str
    lead: str
    data: dict[str, Any]
    has_baseline: bool
    test_images: int
    leaderboard: Leaderboard
    figures: list[Figure]
    provenance: Provenance
    notes: list[str] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    strips_problem: str = ""
    hard: list[Card] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    pictures_problem: str = ""


def report(records: pd.DataFrame, *, baseline: str | None = None, title: str | None = None) -> str:
    """Return the report of some runs as one HTML page that needs no other file and no network.

    The page has, for each dataset: a leaderboard that sorts and filters, the charts of
    `seqvision.compare.charts`, the test images that most models get wrong or that scans disagree
    on, and where each number comes from. Pictures are of the dataset that the records name, if it
    is on this machine and its checksum is theirs; where it is not, the page says so.

    Args:
        records: what `load_records` gives, or some of its rows.
        baseline: the name of the model that the others are compared with.
        title: the heading.

    Raises:
        SeqvisionError: no run is finished, or none is of the baseline.
    """
    done = records[records["status"] == "finished"]
    if done.empty:
        raise SeqvisionError(f"none of {len(records)} runs is finished: there is nothing to report")
    if baseline is not None and baseline not in set(done["name"]):
        from seqvision.errors import did_you_mean

        near = did_you_mean(baseline, done["name"].unique())
        raise SeqvisionError(f"no finished run of the baseline {baseline!r}{near}")
    groups = sorted(
        (group for _, group in records.groupby(data_names(records), sort=False)),
        key=lambda group: -len(group),
    )
    chapters = [
        _chapter(f"data-{place}", group, baseline)
        for place, group in enumerate(groups, 1)
        if (group["status"] == "finished").any()
    ]
    models = sum(len(chapter.provenance.origins) for chapter in chapters)
    return template(_own("page.html.j2")).render(
        title=title or ("One model" if models == 1 else f"{models} models compared"),
        lead=_lead(records, done, chapters),
        chapters=chapters,
        unfinished=_unfinished(records),
        version=version("seqvision"),
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        vega=vega(),
        script=_own("page.js"),
        css=_own("page.css"),
    )


def _chapter(id: str, records: pd.DataFrame, baseline: str | None) -> Chapter:
    runs = ranked(records)
    models = list(runs["model"].unique())
    record = read_record(runs["folder"].iloc[0])
    data, classes = record["dataset"], record["dataset"]["class_names"]
    of_baseline = runs.loc[runs["name"] == baseline, "model"]
    reference = models[0] if of_baseline.empty else of_baseline.iloc[0]
    chapter: dict[str, Any] = {}
    images = None
    try:
        images = test_images(record)
        chapter["strips"] = strips(runs, classes, images)
    except SeqvisionError as error:
        chapter["strips_problem"] = chapter["pictures_problem"] = str(error)
    if (every := _answers(runs, images)) is not None:
        chapter["hard"] = hard_images(every, classes, images)
        chapter["disputes"] = disputes(every, classes, images)
    if baseline is not None and of_baseline.empty:
        chapter["notes"] = [f"The baseline {baseline} has no finished run on these data."]
    return Chapter(
        id=id,
        title=data["name"],
        lead=_words_on(data, runs),
        data=data,
        has_baseline=not of_baseline.empty,
        test_images=data["test"],
        leaderboard=leaderboard(records, None if of_baseline.empty else baseline),
        figures=_figures(records),
        provenance=provenance(runs, reference),
        **chapter,
    )


def _answers(runs: pd.DataFrame, images: np.ndarray | None) -> Answers | None:
    try:
        every = answers(runs)
    except NothingToShow:
        return None
    if images is not None and len(images) != len(every.labels):
        raise SeqvisionError(
            f"predictions for {len(every.labels)} test images, but there are {len(images)}"
        )
    return every


def _figures(records: pd.DataFrame) -> list[Figure]:
    figures = []
    entries = [CHARTS.entry(kind) for kind in CHARTS.names()]
    for entry in sorted(entries, key=lambda entry: entry.card.get("order", 99)):
        small = entry.card.get("small", False)
        try:
            spec = CHARTS.get(entry.name)(records).to_dict()
        except NothingToShow as error:
            title = entry.summary.rstrip(".")
            figures.append(Figure(entry.name, title, problem=str(error), small=small))
            continue
        # Title and caption are the page's own text, which wraps, and is read aloud.
        title, caption = spec.pop("title")["text"], spec["description"]
        figures.append(Figure(entry.name, title, caption, spec, small=small))
    return figures


def _lead(records: pd.DataFrame, done: pd.DataFrame, chapters: Sequence[Chapter]) -> str:
    others = len(records) - len(done)
    words = f"{len(done):,} finished {_plural('run', len(done))}"
    if len(chapters) > 1:
        words += f" on {len(chapters)} datasets, each ranked by itself"
    if others:
        words += f"; {others} {_plural('run', others)} without a result, listed at the end"
    return words + "."


def _words_on(data: dict[str, Any], runs: pd.DataFrame) -> str:
    models = list(runs["model"].unique())
    best = runs[runs["model"] == models[0]]["test_error"]
    shape = "×".join(str(n) for n in data["input_shape"])
    stands_in = ""
    if data.get("asked_for", data["name"]) != data["name"]:
        stands_in = f" They stand in for {data['asked_for']}, which could not be had."
    return (
        f"{len(data['class_names'])} classes of {shape} images: {data['train']:,} to train on, "
        f"{data['validation']:,} to validate, {data['test']:,} to test.{stands_in} Of "
        f"{len(models)} {_plural('model', len(models))}, {models[0]} errs least: "
        f"{best.mean():.2%} of the test images, over {len(best)} {_plural('seed', len(best))}."
    )


def _unfinished(records: pd.DataFrame) -> list[dict[str, str]]:
    why = {"unfinished": "at work still, or cut short", "failed": "", "damaged": ""}
    others = records[records["status"] != "finished"][["run_id", "status", "error"]]
    return [
        {"run_id": run, "status": status, "why": error if isinstance(error, str) else why[status]}
        for run, status, error in others.itertuples(index=False)
    ]


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _own(name: str) -> str:
    return files("seqvision.compare.report").joinpath(name).read_text(encoding="utf-8")
