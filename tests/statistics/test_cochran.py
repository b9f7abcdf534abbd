import numpy as np
import pytest
from mlxtend.evaluate import cochrans_q as other

from seqvision.statistics.cochran import cochrans_q

# Conover, Practical Nonparametric Statistics (1999), page 253: three people predict twelve games.
GAMES = "111 111 010 110 000 111 111 110 001 010 111 111"


def test_published_example():
    right = np.array([[int(c) for c in game] for game in GAMES.split()], bool).T
    q, p = cochrans_q(~right)
    assert q == pytest.approx(2.8)
    assert p == pytest.approx(0.246597, abs=1e-6)


def test_is_mlxtends():
    wrong = np.random.default_rng(2).random((4, 300)) < np.array([[0.2], [0.25], [0.3], [0.2]])
    truth = np.zeros(300, int)
    assert cochrans_q(wrong) == pytest.approx(other(truth, *wrong.astype(int)))


def test_models_that_never_disagree():
    assert cochrans_q(np.tile([True, False, True], (3, 1))) == (0.0, 1.0)
