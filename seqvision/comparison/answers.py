"""What runs said of the test images, side by side."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from seqvision.comparison.left_out import grouped_warnings, leave_out
from seqvision.errors import NothingToShow
from seqvision.formatting import count
from seqvision.runs.answers import read_answers

_FILES = ("answers.npz", "predictions.npz")


@dataclass(frozen=True)
class Answers:
    """The answers of some runs to the same test images."""

    runs: pd.DataFrame
    """The runs whose answers could be read, one a row."""
    labels: np.ndarray
    """`(images,)` the true classes."""
    said: np.ndarray
    """`(runs, images)` the class that each run holds most likely."""
    confidence: np.ndarray
    """`(runs, images)` the probability it gives that class, in steps of 1/255."""

    @cached_property
    def wrong(self) -> np.ndarray:
        """`(runs, images)` where a run errs."""
        return self.said != self.labels

    @cached_property
    def models(self) -> dict[str, np.ndarray]:
        """The places of each model's runs, in the order of `runs`."""
        column = self.runs["model"].to_numpy()
        return {model: np.flatnonzero(column == model) for model in dict.fromkeys(column)}


@grouped_warnings()
def answers(runs: pd.DataFrame) -> Answers:
    """Read the answers of runs on the same data; a run without them is left out, with a warning.

    Args:
        runs: rows of `load_records`.

    Raises:
        NothingToShow: no run has any.
    """
    found, kept = [], []
    columns = runs.reindex(columns=["folder", "class_names", "test"])
    for place, (folder, names, images) in enumerate(columns.itertuples(index=False)):
        try:
            one = _read(folder, _changed(folder))
            _check(one, names, images)
            if found and not np.array_equal(one[0], found[0][0]):
                raise ValueError("its labels are others")
        except FileNotFoundError:
            leave_out(folder, f"no {' or '.join(_FILES)}: not in what is said of single images")
        except (OSError, ValueError) as error:
            leave_out(folder, "its answers are left out of what is said of single images", error)
        else:
            found.append(one)
            kept.append(place)
    if not found:
        raise NothingToShow(f"no run has {' or '.join(_FILES)}")
    labels, said, confidence = (np.stack(part) for part in zip(*found, strict=True))
    return Answers(runs.iloc[kept], labels[0], said, confidence)


def wrong_images(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Whether each run errs on each test image, `(images,)` bool, by folder; as `answers` says."""
    try:
        every = answers(runs)
    except NothingToShow:
        return {}
    return dict(zip(every.runs["folder"], every.wrong, strict=True))


@lru_cache(maxsize=512)
def _read(folder: str, changed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, answers and confidence; `changed` makes a rewritten file another."""
    return read_answers(folder)


def _changed(folder: str) -> tuple[int, ...]:
    paths = [Path(folder, name) for name in _FILES]
    return tuple(path.stat().st_mtime_ns for path in paths if path.exists())


def _check(one: tuple[np.ndarray, ...], names: Any, images: Any) -> None:
    """Raise ValueError unless answers fit what the record says of its data, if it says anything."""
    labels, said, _ = one
    if images == images and images is not None and len(labels) != images:
        raise ValueError(f"of {count(len(labels))} images; the record says {count(images)}")
    classes = len(names) if isinstance(names, tuple) else np.inf
    classes_said = 1 + max(labels.max(), said.max())
    if min(labels.min(), said.min()) < 0 or classes_said > classes:
        raise ValueError(f"of {classes_said} classes; the record says {classes}")
