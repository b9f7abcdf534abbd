"""The leaderboard: the table of `seqvision.compare` as cells with a text and a value to sort by."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from seqvision.comparison.speeds import SPEEDS, is_uneven, speed_text
from seqvision.comparison.table import compare
from seqvision.formatting import NONE, p_value, percent, points, rate, short

_SURE = 0.05


@dataclass(frozen=True)
class Column:
    """A heading; `sorted` is `ascending` for the column by which the table is sorted at first."""

    title: str
    help: str = ""
    number: bool = True
    sorted: str = ""


@dataclass(frozen=True)
class Cell:
    """The text of a cell, and the number to sort it by; None comes last."""

    text: str
    value: float | None = None
    notes: tuple[str, ...] = ()
    strong: bool = False


@dataclass(frozen=True)
class Row:
    """A model."""

    model: str
    description: str
    note: str
    is_baseline: bool
    words: str
    """The text that a filter searches."""
    cells: list[Cell]


@dataclass(frozen=True)
class Leaderboard:
    """A table of models, best first."""

    columns: list[Column]
    rows: list[Row]
    caption: str
    notes: list[str]


def leaderboard(records: pd.DataFrame, baseline: str | None) -> Leaderboard:
    """The models of runs on the same data.

    Args:
        records: rows of `load_records` with a column `model`.
        baseline: one of the models.
    """
    table = compare(records, by="model", baseline=baseline)
    about = records.groupby("model").first()
    columns = [
        Column("model", number=False),
        Column("test error", "mean over the seeds, and its 95 % interval", sorted="ascending"),
        Column("seeds", "how many, and the error of the best and the worst"),
    ]
    if baseline is not None:
        columns += [
            Column(
                f"minus {baseline}",
                "percentage points; their 95 % intervals over seeds, and by bootstrap",
            ),
            Column("p", "of the difference: paired t test over seeds; below it McNemar's"),
        ]
    columns += [
        Column("parameters"),
        Column("FLOPs", "of one image's matrix products"),
        Column("training", "images a second, median of the runs"),
        Column("inference", "images a second, median of the runs"),
    ]
    rows = [_row(line, about.loc[line["model"]], baseline) for line in table.to_dict("records")]
    caption, *notes = (text.replace("test_error", "test error") for text in table.attrs["caption"])
    caption = caption[0].upper() + caption[1:]
    if baseline is not None:
        caption += f" In bold is what differs from {baseline} with a corrected p below {_SURE}."
    return Leaderboard(columns, rows, caption, notes)


def _row(line: dict[Any, Any], about: pd.Series, baseline: str | None) -> Row:
    description = about.get("description") or ""
    config = [str(about[key]) for key in about.index if str(key).startswith("model.")]
    parent = line.get("parent")
    begins = [f"from the weights of {parent}"] if isinstance(parent, str) else []
    note = "; ".join([*begins, *filter(None, [line["note"]])])
    return Row(
        line["model"],
        description,
        note,
        line["model"] == baseline,
        " ".join([line["model"], description, note, *config]),
        list(_cells(line, baseline)),
    )


def _cells(line: dict[Any, Any], baseline: str | None) -> Iterator[Cell]:
    yield _cell(line["mean"], percent(line["mean"]), [_range(line["low"], line["high"], percent)])
    spread = _range(line["best"], line["worst"], percent) if line["seeds"] > 1 else ""
    yield _cell(line["seeds"], f"{line['seeds']}", [spread])
    if baseline is not None:
        difference, p, p_mcnemar = (
            line[k] for k in ("difference", "p_paired_holm", "p_mcnemar_holm")
        )
        over_seeds = _range(line["difference_low"], line["difference_high"], points)
        over_images = _range(line["bootstrap_low"], line["bootstrap_high"], points)
        notes = [over_seeds, over_images and f"bootstrap {over_images}"]
        # A missing p, NaN, is not below anything.
        yield _cell(difference, points(difference), notes, strong=p < _SURE)
        yield _cell(p, p_value(p), ["" if _missing(p_mcnemar) else f"McNemar {p_value(p_mcnemar)}"])
    for key in ("parameters", "flops_per_image"):
        cost: Any = line.get(key)
        yield _cell(cost, "" if _missing(cost) else short(cost))
    for key in SPEEDS:
        speed: Any = line.get(key)
        if _missing(speed):
            yield _cell(None, "")
            continue
        slowest, fastest = line[f"{key}_min"], line[f"{key}_max"]
        spread = _range(slowest, fastest, rate) if is_uneven(slowest, fastest) else ""
        yield _cell(speed, speed_text(speed, slowest, fastest), [spread])


def _cell(value: Any, text: str, notes: Iterable[str] = (), strong: bool = False) -> Cell:
    notes = tuple(_typeset(note) for note in notes if note)
    if _missing(value):
        return Cell(NONE, None, notes)
    return Cell(_typeset(text), float(value), notes, strong)


def _typeset(text: str) -> str:
    """With the minus sign in place of the hyphen: it is as wide as a plus."""
    return text.replace("-", "−")


def _missing(value: Any) -> bool:
    return value is None or bool(pd.isna(value))


def _range(low: Any, high: Any, say: Any) -> str:
    return "" if _missing(low) or _missing(high) else f"{say(low)} – {say(high)}"
