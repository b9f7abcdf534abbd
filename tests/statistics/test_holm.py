import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from seqvision.statistics.holm import holm


def test_by_hand():
    # In order 0.005, 0.01, 0.03, 0.04: times 4, 3, 2, 1, and none below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize("scale", [0.1, 1])  # Of which a p-value times 6 may be above 1.
def test_what_was_not_tested_counts_for_nothing(scale):
    p_values = np.random.default_rng(3).random(6) * scale
    p_values[4] = p_values[1]
    expected = multipletests(p_values, method="holm")[1]
    assert (expected.max() == 1) == (scale == 1)
    found = holm([np.nan, *p_values[:2], np.nan, *p_values[2:], np.nan])
    assert found[[1, 2, 4, 5, 6, 7]] == pytest.approx(expected)
    assert np.isnan(found[[0, 3, -1]]).all()
    assert np.isnan(holm([np.nan])).all() and len(holm([])) == 0
