"""Probabilities of logits, and how many answers are right."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """The probabilities of logits divided by a temperature, along the last axis.

    A temperature fitted on validation images makes them calibrated (Guo et al. 2017, arXiv
    1706.04599); it changes no answer.
    """
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@dataclass
class Score:
    """Counts which class was said of images of which class."""

    class_names: tuple[str, ...]
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, label: str, said: str) -> None:
        """Count an image of the class `label` that was taken for one of the class `said`."""
        self.counts[label, said] += 1

    @property
    def images(self) -> int:
        return self.counts.total()

    @property
    def right(self) -> int:
        return sum(count for (label, said), count in self.counts.items() if label == said)

    @property
    def accuracy(self) -> float:
        """The share of right answers; NaN without any image."""
        return self.right / self.images if self.images else float("nan")

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """What accuracies other images of the kind may give (Wilson 1927)."""
        from scipy.stats import binomtest

        if not self.images:
            return 0.0, 1.0
        low, high = binomtest(self.right, self.images).proportion_ci(confidence, method="wilson")
        return float(low), float(high)

    def confusion(self) -> tuple[list[str], list[str], list[list[int]]]:
        """The classes that occur as labels, those as labels or answers, and a count of each pair.

        A row is a label, a column an answer.
        """
        labels = {label for label, _ in self.counts}
        seen = labels | {said for _, said in self.counts}
        rows = [name for name in self.class_names if name in labels]
        columns = [name for name in self.class_names if name in seen]
        return rows, columns, [[self.counts[row, column] for column in columns] for row in rows]

    def to_json(self) -> dict[str, Any]:
        rows, columns, counts = self.confusion()
        return {
            "images": self.images,
            "right": self.right,
            "accuracy": self.accuracy if self.images else None,
            "interval": list(self.interval()),
            "confusion": {
                row: dict(zip(columns, of_row, strict=True))
                for row, of_row in zip(rows, counts, strict=True)
            },
        }
