import numpy as np
import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as other

from seqvision.statistics.mcnemar import mcnemar, mcnemar_over_seeds


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


def test_most_seeds_have_to_find_the_same_side_better():
    better, worse, equal = masks(5, 2, 25, 100), masks(5, 25, 2, 100), masks(5, 9, 9, 100)
    p = mcnemar(*better)
    assert p < 0.001
    assert mcnemar_over_seeds([better]) == p
    assert mcnemar_over_seeds([better, equal, better]) == pytest.approx(1.5 * p)
    assert mcnemar_over_seeds([worse, worse, better]) == pytest.approx(1.5 * p)
    assert mcnemar_over_seeds([better, worse]) == 1
    assert mcnemar_over_seeds([better, worse, equal]) == 1
