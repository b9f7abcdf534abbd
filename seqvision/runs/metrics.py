"""How good the probabilities of a classifier are."""

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import f1_score


def evaluate(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Loss, accuracy and error rate of logits `(n, classes)`; rates are shares from 0 to 1."""
    chosen = log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    accuracy = float(np.mean(logits.argmax(axis=1) == labels))
    return {"loss": float(-chosen.mean()), "accuracy": accuracy, "error": 1 - accuracy}


def macro_f1(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The mean over classes of the F1 score."""
    return float(f1_score(labels, probabilities.argmax(axis=1), average="macro", zero_division=0))


def calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The expected calibration error: how far confidence lies from accuracy, on average.

    Predictions are put in 15 bins of equal width by their confidence; Guo et al. 2017,
    arXiv 1706.04599, equation 3.
    """
    bins = 15
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gap = np.zeros(bins)
    np.add.at(gap, bin_of, right - confidence.astype(np.float64))
    return float(np.abs(gap).sum() / len(labels))
