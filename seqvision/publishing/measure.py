"""What a trained model is worth: measured with the weights as they are published."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqvision.runs.record import RunRecord

_OVER_SEEDS = (
    "test_accuracy",
    "test_error",
    "test_loss",
    "balanced_accuracy",
    "macro_f1",
    "macro_auroc",
    "calibration_error",
    "val_accuracy",
)


def over_seeds(records: Sequence[RunRecord]) -> dict[str, dict[str, float | None]]:
    """The mean of each metric over runs, with the ends of its 95 % interval by Student's t.

    A single run has no interval: None.
    """
    from seqvision.statistics.student import t_interval

    found: dict[str, dict[str, float | None]] = {}
    for key in _OVER_SEEDS:
        values = [record["metrics"].get(key) for record in records]
        if any(value is None for value in values):
            continue
        mean = float(np.mean(values))
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
        low, high = (float(end) for end in t_interval(mean, deviation, len(values)))
        known = np.isfinite(low)
        found[key] = {
            "mean": mean,
            "low": low if known else None,
            "high": high if known else None,
        }
    return found


def own_metrics(
    logits: np.ndarray, labels: np.ndarray, temperature: float | None
) -> dict[str, Any]:
    """The test metrics of one model's logits `(n, classes)`."""
    from scipy.special import softmax

    from seqvision.runs.metrics import calibration_error, evaluate, evaluate_classes

    probabilities = softmax(logits.astype(np.float64), axis=1)
    found = {f"test_{key}": value for key, value in evaluate(logits, labels).items()}
    found |= evaluate_classes(logits, labels)
    found["calibration_error"] = calibration_error(probabilities, labels)
    if temperature is not None:
        cooler = softmax(logits.astype(np.float64) / temperature, axis=1)
        found["calibration_error_at_temperature"] = calibration_error(cooler, labels)
    return found
