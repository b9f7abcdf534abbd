import numpy as np
import pytest

from seqvision.statistics.majority import majority_p_value


@pytest.mark.parametrize(
    ("p_values", "expected"),
    [
        ([0.02], 0.02),
        ([0.01, 0.04], 0.04),  # Both of two have to say so.
        ([0.9, 0.01, 0.02], 0.02 * 3 / 2),
        ([0.03, 0.01, 0.02, 0.5], 0.03 * 4 / 3),
        ([0.9, 0.9, 0.01, 0.02, 0.03], 0.03 * 5 / 3),
        ([0.9, 0.8, 0.7], 1.0),
    ],
)
def test_the_rule(p_values, expected):
    assert majority_p_value(p_values) == pytest.approx(expected)


def test_no_test_no_p_value():
    assert np.isnan(majority_p_value([]))


def test_the_worst_dependence_just_keeps_the_level():
    # Of three p-values two are small together, as often as uniform ones may be: 0.05 of the time.
    generator = np.random.default_rng(4)
    small = 0.05 * 2 / 3
    calls = 0
    for _ in range(20_000):
        p_values = generator.uniform(small, 1, 3)
        if generator.random() < 0.05:
            p_values[generator.permutation(3)[:2]] = generator.uniform(0, small, 2)
        calls += majority_p_value(p_values) < 0.05
    assert 0.045 < calls / 20_000 < 0.055
