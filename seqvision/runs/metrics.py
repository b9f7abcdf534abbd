"""How good the probabilities of a classifier are."""

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.metrics import f1_score, recall_score, roc_auc_score


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
    said, occur = logits.argmax(axis=1), np.unique(labels)
    recall = recall_score(labels, said, labels=occur, average="macro", zero_division=0)
    f1 = f1_score(labels, said, average="macro", zero_division=0)
    auroc = float("nan")
    if len(occur) > 1:
        # In float32 sure answers would be equal, each a probability of 1.
        scores = softmax(logits.astype(np.float64), axis=1)[:, occur]
        auroc = roc_auc_score(labels[:, None] == occur, scores, average="macro")
    return {
        "balanced_accuracy": float(recall),
        "macro_f1": float(f1),
        "macro_auroc": float(auroc),
    }


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
