"""What runs said of the test images: their predictions.npz, side by side."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from seqvision.compare.left_out import tell_left_out
from seqvision.compare.predictions import read_predictions
from seqvision.errors import NothingToShow


@dataclass(frozen=True)
class Answers:
    """The answers of some runs to the same test images."""

    runs: pd.DataFrame
    """The runs whose predictions could be read, one a row."""
    labels: np.ndarray
    """`(images,)` the true classes."""
    said: np.ndarray
    """`(runs, images)` the class that each run holds most likely."""
    confidence: np.ndarray
    """`(runs, images)` the probability it gives that class."""

    @cached_property
    def wrong(self) -> np.ndarray:
        """`(runs, images)` where a run errs."""
        return self.said != self.labels

    @cached_property
    def models(self) -> dict[str, np.ndarray]:
        """The places of each model's runs, in the order of `runs`."""
        column = self.runs["model"].to_numpy()
        return {model: np.flatnonzero(column == model) for model in dict.fromkeys(column)}


def answers(runs: pd.DataFrame) -> Answers:
    """Read the answers of runs on the same data; a run whose file is missing or bad is left out.

    Raises:
        NothingToShow: no run has predictions.
    """
    found, kept = [], []
    columns = (runs["folder"], runs["class_names"], runs["test"])
    for place, (folder, names, images) in enumerate(zip(*columns, strict=True)):
        path = Path(folder, "predictions.npz")
        try:
            one = _read(path, path.stat().st_mtime_ns, len(names), int(images))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            tell_left_out(path, str(error))
            continue
        if found and not np.array_equal(one[0], found[0][0]):
            tell_left_out(path, "its labels are not those of the other runs")
            continue
        found.append(one)
        kept.append(place)
    if not found:
        raise NothingToShow("no run has predictions.npz")
    labels, said, confidence = (np.stack(part) for part in zip(*found, strict=True))
    return Answers(runs.iloc[kept], labels[0], said, confidence)


@lru_cache(maxsize=512)
def _read(
    path: Path, changed: int, classes: int, images: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, answers and confidence; `changed` makes a rewritten file another.

    Raises:
        OSError, ValueError: it cannot be read, or does not fit the record.
    """
    probabilities, labels = read_predictions(path.parent)
    if probabilities.shape != (images, classes) or not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(
            f"{path}: probabilities {probabilities.shape}, but the record says {images} images of "
            f"{classes} classes"
        )
    said = probabilities.argmax(axis=1).astype(np.int16)
    return labels.astype(np.int16), said, probabilities.max(axis=1).astype(np.float32)
