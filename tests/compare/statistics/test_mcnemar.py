import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as other

from seqvision.compare.statistics.mcnemar import mcnemar


def masks(both, only_first, only_second, neither):
    pairs = [(1, 1)] * both + [(1, 0)] * only_first + [(0, 1)] * only_second + [(0, 0)] * neither
    return np.array(pairs, bool).reshape(-1, 2).T


def test_published_example():
    # Fay 2010, "Two-sided exact tests and matching confidence intervals for discrete data",
    # The R Journal 2(1): 9 against 2 discordant pairs, p = 0.06543.
    assert mcnemar(*masks(21, 9, 2, 12)) == pytest.approx(0.06543, abs=1e-5)


@pytest.mark.parametrize("counts", [(0, 0, 7, 3), (5, 30, 12, 900), (40, 8, 8, 50), (1, 0, 0, 1)])
def test_is_the_sign_test_of_the_discordant_images(counts):
    _, first, second, _ = counts
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(*masks(*counts)) == pytest.approx(expected)
    table = [[counts[3], second], [first, counts[0]]]
    assert mcnemar(*masks(*counts)) == pytest.approx(other(table, exact=True).pvalue)
