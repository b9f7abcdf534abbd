import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from seqvision.statistics.holm import holm


def test_by_hand():
    # In order 0.005, 0.01, 0.03, 0.04: times 4, 3, 2, 1, and none below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_what_was_not_tested_counts_for_nothing():
    p_values = np.random.default_rng(3).random(6) / 10
    expected = multipletests(p_values, method="holm")[1]
    found = holm([np.nan, *p_values, np.nan])
    assert found[1:-1] == pytest.approx(expected)
    assert np.isnan(found[[0, -1]]).all()
    assert np.isnan(holm([np.nan])).all() and len(holm([])) == 0
