"""A page of measured speeds: a section for each processor, a table for each figure."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from seqvision.bench.rounds import FIGURES, spread
from seqvision.comparison.formats import escape_md
from seqvision.comparison.remarks import read_as
from seqvision.formatting import NONE, counted, rate, short

_TITLES = {
    "train_images_per_second": "Training, samples/s",
    "inference_images_per_second": "Answers, 256 samples at a time, samples/s",
    "latency_milliseconds": "One sample, ms",
    "first_step_seconds": "First training step, s",
    "peak_memory_mb": "Peak memory, MB",
}
_MORE_IS_BETTER = ("train_images_per_second", "inference_images_per_second")
_KERAS = "keras"
_VERSIONS = ("seqvision", "git_commit", "keras", "tensorflow", "jax", "torch", "numpy", "python")

Record = dict[str, Any]


class Row(BaseModel):
    """What a row is called, and the command that measured it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    title: str
    command: str


class SpeedNotes(BaseModel):
    """What a person adds to the records."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    remarks: list[str] = []
    """Paragraphs, in Markdown."""
    rows: list[Row] = []
    """In this order; records of other commands come after, under the names of their configs."""


def read_speed_notes(path: Path) -> SpeedNotes:
    """Read remarks and rows from YAML.

    Raises:
        ConfigError: `file:line:column: what is wrong`.
    """
    return read_as(path, SpeedNotes)


def page(records: list[Record], notes: SpeedNotes, command: str) -> str:
    """Return the page in GitHub's Markdown.

    Args:
        records: what `read_records` gives.
        command: the command that wrote the page, to be named on it.
    """
    places = {row.command: place for place, row in enumerate(notes.rows)}
    titles = {row.command: row.title for row in notes.rows}
    ordered = sorted(records, key=lambda record: places.get(record["command"], len(places)))
    ordered.sort(key=_processor)
    parts = [
        "# Speed",
        f"Written by `{command}` from records of `seqvision bench`. A cell is the median over "
        "rounds (lowest–highest), and × how many times as good the first of our contenders is by "
        "it: above 1 ours is faster, or takes less. Ratios are taken within a round, in which each "
        "contender has a fresh process. The best other is the best of those that are not ours.",
        *notes.remarks,
    ]
    for processor, own in groupby(ordered, _processor):
        parts += [f"## {escape_md(processor)}", *_section(list(own), titles)]
    return "\n\n".join(parts) + "\n"


def _processor(record: Record) -> str:
    """The processor in words, after the accelerator if there is one.

    `AMD EPYC, family 26, model 2, avx2, avx512f, 2 cores`
    """
    facts = record["environment"]["processor"]
    told = [facts["accelerator"]] if "accelerator" in facts else []
    told += [facts.get("name") or facts.get("vendor") or "a processor"]
    told += [f"{key} {facts[key]}" for key in ("family", "model") if key in facts]
    return ", ".join([*told, *facts.get("flags", []), counted(facts["cores"], "core")])


def _section(records: list[Record], titles: dict[str, str]) -> Iterator[str]:
    titled = [(escape_md(titles.get(r["command"]) or r["work"]["name"]), r) for r in records]
    yield _table(
        ["work", "precision", "how ours trained", "rounds", "repeat it"],
        [
            [
                title,
                escape_md(record["work"]["precision"]),
                escape_md(record["contenders"][record["ours"][0]].get("path", NONE)),
                f"{record['rounds']} of {rate(record['seconds'])} s",
                f"`{record['command']}`",
            ]
            for title, record in titled
        ],
    )
    for figure in FIGURES:
        measured = [
            (title, each) for title, each in titled if _values(each, each["ours"][0], figure)
        ]
        if measured:
            yield f"### {_TITLES[figure]}"
            yield _of_figure(measured, figure)
    yield f"Made with {escape_md(_versions(records))}."


def _of_figure(titled: list[tuple[str, Record]], figure: str) -> str:
    """One figure: the contenders, ours first, that any record has it of, and what ours gains."""
    records = [record for _, record in titled]
    ours = [name for record in records for name in record["ours"]]
    all_names = [*ours, *(name for record in records for name in record["contenders"])]
    has = [n for n in dict.fromkeys(all_names) if any(_values(r, n, figure) for r in records)]
    rows = []
    for title, record in titled:
        best = _best_other(record, figure)
        cells = [_cell(record, name, figure) for name in has]
        to_best = f"{_gain(record, best, figure)} {escape_md(best)}" if best else NONE
        rows.append([title, *cells, to_best, _gain(record, _KERAS, figure)])
        if figure == FIGURES[0]:
            rows[-1].append(_share(record))
    more = ["of the ceiling"] if figure == FIGURES[0] else []
    heads = ["work", *map(escape_md, has), "to the best other", "to Keras as it comes", *more]
    return _table(heads, rows)


def _cell(record: Record, name: str, figure: str) -> str:
    values = _values(record, name, figure)
    if not values:
        return NONE
    found = spread(values)
    text = f"{rate(found['median'])} ({rate(found['min'])}–{rate(found['max'])})"
    gain = [] if name == record["ours"][0] else _gains(record, name, figure)
    return f"{text} ×{_ratio(spread(gain)['median'])}" if gain else text


def _gain(record: Record, name: str, figure: str) -> str:
    """How many times as good ours is, with its range."""
    gains = _gains(record, name, figure)
    if not gains:
        return NONE
    found = spread(gains)
    return f"{_ratio(found['median'])} ({_ratio(found['min'])}–{_ratio(found['max'])})"


def _gains(record: Record, name: str, figure: str) -> list[float]:
    """In each round how many times as good as a contender our first is."""
    ours, theirs = (_values(record, each, figure) for each in (record["ours"][0], name))
    if len(ours) != len(theirs):
        return []
    pairs = zip(ours, theirs, strict=True)
    return [a / b if figure in _MORE_IS_BETTER else b / a for a, b in pairs]


def _best_other(record: Record, figure: str) -> str | None:
    others = {
        name: spread(values)["median"]
        for name in record["contenders"]
        if name not in record["ours"] and (values := _values(record, name, figure))
    }
    if not others:
        return None
    return (max if figure in _MORE_IS_BETTER else min)(others, key=others.__getitem__)


def _share(record: Record) -> str:
    ceiling = record.get("ceiling", {})
    if "share" not in ceiling:
        return NONE
    share = ceiling["share"]
    text = f"{_ratio(share['median'])} ({_ratio(share['min'])}–{_ratio(share['max'])})"
    return f"{text} of {peak}" if (peak := peak_text(ceiling)) else text


def peak_text(ceiling: dict[str, Any]) -> str | None:
    """At which speed the ceiling's products are done: `117 GFLOP/s a core`."""
    of_a_core = ceiling.get("peak_flops_per_core")
    if flops := of_a_core or ceiling.get("peak_flops"):
        return f"{short(flops / 1e9)} GFLOP/s{' a core' if of_a_core else ''}"
    return None


def _values(record: Record, name: str, figure: str) -> list[float]:
    """A contender's figures, by rounds; none of one that has not all of them."""
    rounds = record["measured"].get(name, [])
    return [row[figure] for row in rounds] if all(figure in row for row in rounds) else []


def _versions(records: list[Record]) -> str:
    told = []
    for name in _VERSIONS:
        values = sorted(
            {str(r["environment"][name]) for r in records if r["environment"].get(name)}
        )
        told += [f"{name} {' and '.join(values)}"] if values else []
    days = sorted({record["started"][:10] for record in records})
    return f"{', '.join(told)}, on {' and '.join(dict.fromkeys([days[0], days[-1]]))}"


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, *rows)]
    return "\n".join([lines[0], "|---" * len(heads) + "|", *lines[1:]])
