"""A sample of each class as it is read step by step, with a model's prediction at each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqvision.comparison.report.pictures import Pictures
from seqvision.comparison.steps_read import read_prefixes
from seqvision.data.series import Series
from seqvision.formatting import counted

_FRAMES = 7
_MOST_SCANS = 3
_MOST_CLASSES = 10


@dataclass(frozen=True)
class Frame:
    """A sample as read so far, with the prediction."""

    picture: str
    answer: str
    right: bool


@dataclass(frozen=True)
class Strip:
    """The frames of one sample of each class, as one run reads them."""

    scan: str
    model: str
    seed: int
    read: list[str]
    """What was read at each frame: of an image its steps, of a series its share."""
    total: str
    """What all of it is, in words."""
    rows: list[tuple[str, list[Frame]]]
    """The name and frames of each class."""


def strips(runs: pd.DataFrame, classes: Sequence[str], pictures: Pictures) -> list[Strip]:
    """A strip of the best model of each of the best scans; `runs` come best first."""
    found: dict[str, Strip] = {}
    for scan, model, seed, saved in read_prefixes(runs):
        how = "order" if pictures.size else "shares"
        if scan in found or not {how, "examples", "said"} <= saved.keys():
            continue
        if pictures.size and saved["order"].shape != pictures.size:
            continue
        found[scan] = _strip(scan, model, seed, saved, classes, pictures)
        if len(found) == _MOST_SCANS:
            break
    return list(found.values())


def _strip(
    scan: str,
    model: str,
    seed: int,
    saved: dict[str, np.ndarray],
    classes: Sequence[str],
    pictures: Pictures,
) -> Strip:
    total = len(saved["said"])
    steps = np.unique(np.linspace(0, total, _FRAMES + 1).round().astype(int)[1:]).tolist()
    rows = []
    for label, example in list(enumerate(saved["examples"]))[:_MOST_CLASSES]:
        if not 0 <= example < len(pictures):
            continue
        frames = []
        for step in steps:
            answer = int(saved["said"][step - 1, label])
            seen = _seen(saved, step, pictures, example)
            frames.append(Frame(pictures.of(example, seen), classes[answer], answer == label))
        rows.append((classes[label], frames))
    if "shares" in saved:
        read = [f"{saved['shares'][step - 1]:.0%}" for step in steps]
        return Strip(scan, model, seed, read, "the series", rows)
    return Strip(scan, model, seed, list(map(str, steps)), counted(total, "step"), rows)


def _seen(
    saved: dict[str, np.ndarray], step: int, pictures: Pictures, example: int
) -> np.ndarray | int:
    """How much of a sample has been read, as `Pictures.of` takes it."""
    if isinstance(pictures.samples, Series):
        return math.ceil(saved["shares"][step - 1] * pictures.samples.lengths[example])
    return saved["order"] < step
