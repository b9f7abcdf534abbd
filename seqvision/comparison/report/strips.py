"""An image of each class as it is read step by step, with a model's prediction at each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqvision.comparison.report.pictures import picture
from seqvision.comparison.steps_read import read_prefixes

_FRAMES = 7
_MOST_SCANS = 3
_MOST_CLASSES = 10


@dataclass(frozen=True)
class Frame:
    """An image as read so far, with the prediction."""

    picture: str
    answer: str
    right: bool


@dataclass(frozen=True)
class Strip:
    """The frames of one image of each class, as one run reads them."""

    scan: str
    model: str
    seed: int
    steps: list[int]
    """The steps read at each frame."""
    total: int
    rows: list[tuple[str, list[Frame]]]
    """The name and frames of each class."""


def strips(runs: pd.DataFrame, classes: Sequence[str], images: np.ndarray) -> list[Strip]:
    """A strip of the best model of each of the best scans; `runs` come best first."""
    found: dict[str, Strip] = {}
    for scan, model, seed, saved in read_prefixes(runs):
        if scan in found or not {"order", "examples", "said"} <= saved.keys():
            continue
        if saved["order"].shape != images.shape[1:3]:
            continue
        found[scan] = _strip(scan, model, seed, saved, classes, images)
        if len(found) == _MOST_SCANS:
            break
    return list(found.values())


def _strip(
    scan: str,
    model: str,
    seed: int,
    saved: dict[str, np.ndarray],
    classes: Sequence[str],
    images: np.ndarray,
) -> Strip:
    total = len(saved["said"])
    steps = np.unique(np.linspace(0, total, _FRAMES + 1).round().astype(int)[1:]).tolist()
    rows = []
    for label, example in list(enumerate(saved["examples"]))[:_MOST_CLASSES]:
        if not 0 <= example < len(images):
            continue
        frames = []
        for step in steps:
            answer = int(saved["said"][step - 1, label])
            seen = picture(images[example], saved["order"] < step)
            frames.append(Frame(seen, classes[answer], answer == label))
        rows.append((classes[label], frames))
    return Strip(scan, model, seed, steps, total, rows)
