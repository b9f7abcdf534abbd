"""How good the probabilities of a classifier are.

These numbers are scikit-learn's, whose import would take a tenth of the time of a short run.
"""

import numpy as np
from scipy.special import log_softmax, softmax


def evaluate(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Loss, accuracy and error rate of logits `(n, classes)`; rates are shares from 0 to 1."""
    chosen = log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]
    accuracy = float(np.mean(logits.argmax(axis=1) == labels))
    return {"loss": float(-chosen.mean()), "accuracy": accuracy, "error": 1 - accuracy}


def evaluate_classes(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of logits `(n, classes)` in which each class counts alike, however many are of it.

    - `balanced_accuracy`: the mean over the classes that occur of the share that is right;
    - `macro_f1`: the mean over classes of the F1 score;
    - `macro_auroc`: the mean of the area under the ROC curve of each class against the rest, over
      the classes that some samples are of and others are not; NaN if there are none.
    """
    said, (occur, true) = logits.argmax(axis=1), np.unique(labels, return_counts=True)
    classes = max(labels.max(), said.max()) + 1
    right = np.bincount(labels[said == labels], minlength=classes)
    # Of each class: how many samples are of it, and how many are said to be.
    sizes = np.bincount(labels, minlength=classes) + np.bincount(said, minlength=classes)
    auroc = float("nan")
    if len(occur) > 1:
        # In float32 sure answers would be equal, each a probability of 1.
        scores = softmax(logits.astype(np.float64), axis=1)
        auroc = float(np.mean([_auroc(scores[:, one], labels == one) for one in occur]))
    return {
        "balanced_accuracy": float(np.mean(right[occur] / true)),
        "macro_f1": float(np.mean(2 * right[sizes > 0] / sizes[sizes > 0])),
        "macro_auroc": auroc,
    }


def _auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """The area under the ROC curve: how often a positive sample has the higher score of two.

    By the sum of its ranks (Mann & Whitney 1947), of which equal scores share theirs.
    """
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives, negatives = positive.sum(), (~positive).sum()
    above = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


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
