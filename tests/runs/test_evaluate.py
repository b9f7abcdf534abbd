"""Metrics in which each class counts alike, against counts of pairs and of a confusion matrix."""

import warnings

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import confusion_matrix, roc_auc_score

from seqvision.runs.metrics import evaluate_classes


def sample(classes, seed=0, n=120):
    random = np.random.default_rng(seed)
    labels = random.choice(classes, n, p=random.dirichlet(np.full(classes, 5.0)))
    logits = random.normal(size=(n, classes)).astype("float32")
    logits[np.arange(n), labels] += 1
    return logits, labels


def area(scores, positive):
    """The share of pairs of a positive and a negative that are in order; ties count half."""
    above = scores[positive][:, None] - scores[~positive]
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_they_are_what_their_definitions_say(classes):
    logits, labels = sample(classes)
    found = evaluate_classes(logits, labels)
    table = confusion_matrix(labels, logits.argmax(axis=1), labels=np.arange(classes))
    right, true, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    assert found["balanced_accuracy"] == pytest.approx(np.mean(right / true))
    assert found["macro_f1"] == pytest.approx(np.mean(2 * right / (true + said)))
    p = softmax(logits.astype(float), axis=1)
    areas = [area(p[:, k], labels == k) for k in range(classes)]
    assert found["macro_auroc"] == pytest.approx(np.mean(areas))
    ours = p[:, 1] if classes == 2 else p
    assert found["macro_auroc"] == pytest.approx(roc_auc_score(labels, ours, multi_class="ovr"))


def test_a_class_that_does_not_occur_is_left_out_without_a_warning():
    logits, labels = sample(5)
    kept = labels != 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate_classes(logits[kept], labels[kept])
        one = evaluate_classes(logits[labels == 1], labels[labels == 1])
    p = softmax(logits[kept].astype(float), axis=1)
    areas = [area(p[:, k], labels[kept] == k) for k in (0, 1, 3, 4)]
    assert found["macro_auroc"] == pytest.approx(np.mean(areas))
    recalls = [np.mean(logits[labels == k].argmax(axis=1) == k) for k in (0, 1, 3, 4)]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert np.isnan(one["macro_auroc"]) and 0 <= one["balanced_accuracy"] <= 1


def test_sure_answers_keep_their_order():
    # As float32 probabilities all four would be 1, and the area of the first class one half.
    logits = np.array([[34, 0], [32, 0], [30, 0], [28, 0]], "float32")
    assert evaluate_classes(logits, np.array([0, 0, 1, 1]))["macro_auroc"] == 1
