import numpy as np
import pytest
from scipy import stats

from seqvision.statistics.student import t_interval, t_p_value

# Student's own data (1908): hours of sleep gained by ten patients with each of two drugs.
FIRST = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SECOND = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def summary(values):
    return values.mean(), values.std(ddof=1), len(values)


def test_students_sleep_data():
    # As printed in the help of R's t.test: t = -4.0621, p-value = 0.002833.
    differences = summary(FIRST - SECOND)
    low, high = t_interval(*differences)
    assert (low, high) == pytest.approx((-2.4598858, -0.7001142), abs=1e-7)
    assert t_p_value(*differences) == pytest.approx(0.002833, abs=1e-6)


def test_many_at_once_are_scipys():
    rows = np.random.default_rng(1).normal(1, 2, (20, 4))
    low, high = t_interval(rows.mean(1), rows.std(1, ddof=1), [4] * 20)
    p = t_p_value(rows.mean(1), rows.std(1, ddof=1), [4] * 20)
    for row, *found in zip(rows, low, high, p, strict=True):
        test = stats.ttest_1samp(row, 0)
        interval = test.confidence_interval(0.95)
        assert found == pytest.approx([interval.low, interval.high, test.pvalue])


def test_what_cannot_be_told_is_nan():
    # One value; two equal ones; two whose difference is rounding; none at all.
    mean = [0.01, 0.01, 0.01, np.nan]
    std = [np.nan, 0.0, 1e-18, np.nan]
    for ends in (*t_interval(mean, std, [1, 2, 2, 0]), t_p_value(mean, std, [1, 2, 2, 0])):
        assert np.isnan(ends).all()
    assert t_p_value([0.0, 0.0], [0.0, np.nan], [3, 1]).tolist() == pytest.approx(
        [1.0, np.nan], nan_ok=True
    )
