"""The predictions of several runs for the same test images."""

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
    """The predictions of some runs for the same test images."""

    runs: pd.DataFrame
    """The runs whose predictions could be read, one a row."""
    labels: np.ndarray
    """`(images,)` the true classes."""
    predicted: np.ndarray
    """`(runs, images)` the classes that the runs predict."""
    confidence: np.ndarray
    """`(runs, images)` the probabilities they give those classes, in steps of 1/255."""

    @cached_property
    def wrong(self) -> np.ndarray:
        """`(runs, images)` where a run errs."""
        return self.predicted != self.labels

    @cached_property
    def models(self) -> dict[str, np.ndarray]:
        """The indices of each model's runs in `runs`."""
        column = self.runs["model"].to_numpy()
        return {model: np.flatnonzero(column == model) for model in dict.fromkeys(column)}


@grouped_warnings()
def answers(runs: pd.DataFrame) -> Answers:
    """Read the predictions of runs on the same data; a run without is left out, with a warning.

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
    labels, predicted, confidence = (np.stack(part) for part in zip(*found, strict=True))
    return Answers(runs.iloc[kept], labels[0], predicted, confidence)


def wrong_images(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Which test images each run gets wrong, `(images,)` bool by the run's folder."""
    try:
        every = answers(runs)
    except NothingToShow:
        return {}
    return dict(zip(every.runs["folder"], every.wrong, strict=True))


@lru_cache(maxsize=512)
def _read(folder: str, changed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, predictions and confidence, read again when the files have `changed`."""
    return read_answers(folder)


def _changed(folder: str) -> tuple[int, ...]:
    paths = [Path(folder, name) for name in _FILES]
    return tuple(path.stat().st_mtime_ns for path in paths if path.exists())


def _check(one: tuple[np.ndarray, ...], names: Any, images: Any) -> None:
    """Raise ValueError unless predictions fit the data that the record names, if it does."""
    labels, predicted, _ = one
    if images == images and images is not None and len(labels) != images:
        raise ValueError(f"of {count(len(labels))} images; the record says {count(images)}")
    classes = len(names) if isinstance(names, tuple) else np.inf
    classes_found = 1 + max(labels.max(), predicted.max())
    if min(labels.min(), predicted.min()) < 0 or classes_found > classes:
        raise ValueError(f"of {classes_found} classes; the record says {classes}")
