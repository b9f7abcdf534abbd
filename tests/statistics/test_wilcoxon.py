"""Wilcoxon's test over datasets, against Demšar's worked example and every sign there can be."""

import itertools

import numpy as np
import pytest
from demsar import AUC, SMALLER_RANK_SUM
from scipy import stats

from seqvision.statistics.wilcoxon import wilcoxon

PAIR = np.array([row[:2] for row in AUC.values()])


def test_the_worked_example_of_demsar():
    # Half of the zeros' ranks count for each side: 12 is below the critical value, 21.
    n, t = len(PAIR), SMALLER_RANK_SUM
    z = (t - n * (n + 1) / 4) / np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    p = wilcoxon(PAIR[:, 0] - PAIR[:, 1])
    assert p == pytest.approx(2 * stats.norm.sf(abs(z)), rel=0.02) and p < 0.05
    assert wilcoxon(PAIR[:, 1] - PAIR[:, 0]) == pytest.approx(p)


def test_of_few_datasets_it_counts_every_combination_of_signs():
    differences = np.array([0.5, -0.1, 0.7, 0.9, 0.3, -0.2])
    sizes = stats.rankdata(abs(differences))
    sums = [sizes[np.array(signs)].sum() for signs in itertools.product([False, True], repeat=6)]
    t = min(sizes[differences < 0].sum(), sizes[differences > 0].sum())
    assert wilcoxon(differences) == pytest.approx(2 * np.mean(np.array(sums) <= t))


def test_models_that_are_always_equal_do_not_differ():
    assert wilcoxon(np.zeros(8)) == 1
    assert wilcoxon(np.array([0.1 + 0.2 - 0.3, 0.0])) <= 1
