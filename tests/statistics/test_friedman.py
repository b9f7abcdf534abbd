"""Friedman's and Nemenyi's tests, against Demšar's worked example and tables, and scipy."""

import numpy as np
import pytest
from demsar import AUC, CHI2, CRITICAL_DIFFERENCE, F_DF, MEAN_RANKS, F
from scipy import stats

from seqvision.statistics.friedman import critical_difference, friedman, nemenyi, ranks

VALUES = np.array(list(AUC.values()))


def test_the_worked_example_of_demsar():
    of_data = ranks(VALUES, high=True)
    assert of_data.mean(axis=0) == pytest.approx(MEAN_RANKS, abs=5e-4)
    assert of_data[5].tolist() == [1, 2.5, 4, 2.5] and of_data[9].tolist() == [2.5] * 4
    found = friedman(of_data)
    assert (found.chi2, found.f) == pytest.approx((CHI2, F), abs=5e-3)
    assert (found.chi2_df, found.f_df) == (3, F_DF)
    # F(3, 39) is 2.85 at 0.05, the paper says: the null hypothesis is rejected.
    assert found.p == pytest.approx(stats.f.sf(found.f, 3, 39)) and found.p < 0.05
    assert stats.f.isf(0.05, 3, 39) == pytest.approx(2.85, abs=5e-3)
    assert critical_difference(4, 14) == pytest.approx(CRITICAL_DIFFERENCE, abs=5e-3)


@pytest.mark.parametrize(
    ("models", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (7, 2.949), (10, 3.164)]
)
def test_critical_values_are_those_of_demsars_table_5(models, q):
    difference = critical_difference(models, 20)
    assert difference == pytest.approx(q * np.sqrt(models * (models + 1) / 120), abs=1e-3)
    # A pair that is just so far apart has the p-value 0.05, and no other has a smaller one.
    means = np.linspace(2, 2 + difference, models)
    p = nemenyi(means, 20)
    assert p[0, -1] == pytest.approx(0.05, abs=1e-6) and p.min() == p[0, -1]
    assert np.diag(p) == pytest.approx(1)


def test_without_ties_it_is_the_test_of_scipy():
    random = np.random.default_rng(0)
    for n, k in ((5, 3), (12, 4), (40, 7)):
        values = random.normal(size=(n, k)) + 0.3 * np.arange(k)
        found = friedman(ranks(values, high=False))
        expected = stats.friedmanchisquare(*values.T)
        assert found.chi2 == pytest.approx(expected.statistic)
        assert found.chi2_p == pytest.approx(expected.pvalue)


def test_datasets_that_all_agree_or_tell_nothing():
    agreed = friedman(np.tile([1.0, 2.0, 3.0], (6, 1)))
    assert agreed.chi2 == pytest.approx(12) and agreed.f == np.inf and agreed.p == 0
    equal = friedman(np.full((6, 3), 2.0))
    assert (equal.chi2, equal.f, equal.p, equal.chi2_p) == (0, 0, 1, 1)


def test_values_that_differ_by_rounding_are_equal():
    assert ranks(np.array([[0.1 + 0.2, 0.3, 0.4]]), high=False).tolist() == [[1.5, 1.5, 3]]
