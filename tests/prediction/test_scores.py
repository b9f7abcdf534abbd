"""Probabilities and accuracy, against SciPy, statsmodels and scikit-learn."""

import numpy as np
from scipy.special import softmax as of_scipy
from sklearn.metrics import accuracy_score, confusion_matrix
from statsmodels.stats.proportion import proportion_confint

from seqvision.prediction.formats import confusion_lines
from seqvision.prediction.scores import Score, softmax

NAMES = ("cat", "dog", "eel", "fox")


def test_probabilities_of_any_logits():
    logits = np.array([[1, -2, 3, 0.5], [1e4, 0, -1e4, 1e4]], np.float32)
    np.testing.assert_allclose(softmax(logits), of_scipy(logits.astype(float), axis=1))
    np.testing.assert_allclose(softmax(logits, 2.5), of_scipy(logits / np.float64(2.5), axis=1))


def test_accuracy_its_interval_and_confusion():
    random = np.random.default_rng(0)
    labels, said = random.integers(0, 3, 50), random.integers(0, 4, 50)
    score = Score(NAMES)
    for label, answer in zip(labels, said, strict=True):
        score.add(NAMES[label], NAMES[answer])
    assert score.accuracy == accuracy_score(labels, said)
    expected = proportion_confint(score.right, 50, method="wilson")
    np.testing.assert_allclose(score.interval(), expected)
    rows, columns, counts = score.confusion()
    assert (rows, columns) == (list(NAMES[:3]), list(NAMES))
    np.testing.assert_array_equal(counts, confusion_matrix(labels, said)[:3])
    assert score.to_json()["confusion"]["cat"]["fox"] == counts[0][3]
    lines = confusion_lines(rows, columns, counts)
    assert lines[0].split() == ["is", "\\", "said", *NAMES]
    assert lines[2].split() == ["dog", *(str(n or ".") for n in counts[1])]
    assert len({len(line) for line in lines}) == 1


def test_nothing_answered():
    score = Score(NAMES)
    assert np.isnan(score.accuracy) and score.interval() == (0, 1)
    assert score.to_json()["accuracy"] is None
