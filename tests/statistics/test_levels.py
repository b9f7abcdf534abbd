"""On two equal models, how often does each statistic call them different?

Equal: each run errs on an image with a chance that is the image's own (easy and hard ones), is
shifted by the run's luck, and is the same for both models. At 0.05 it should be 25 of 500 times or
fewer; 32 leave room for chance, and one that calls them different twice as often goes beyond.
"""

from functools import cache

import numpy as np
import pytest
from scipy.special import expit

from seqvision.statistics.bootstrap import bootstrap_interval
from seqvision.statistics.cochran import cochrans_q
from seqvision.statistics.majority import majority_p_value
from seqvision.statistics.mcnemar import mcnemar_over_seeds
from seqvision.statistics.student import t_p_value

COMPARISONS = 500
IMAGES = 1000


def runs(generator, hardness, luck, models, seeds):
    """Whether each run errs on each image, `(models, seeds, images)`, about 7 % of the time."""
    spread = generator.normal(0, luck, (models, seeds, 1))
    return generator.random((models, seeds, IMAGES)) < expit(hardness + spread)


@cache
def worlds(luck, seeds, models=2):
    """The runs of each comparison."""
    generator = np.random.default_rng(20)
    hardness = generator.normal(-4.5, 2.5, (COMPARISONS, IMAGES))
    return [runs(generator, each, luck, models, seeds) for each in hardness]


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("luck", [0, 0.1, 0.4])
def test_paired_difference(luck, seeds):
    differences = np.array([w.mean(axis=2)[0] - w.mean(axis=2)[1] for w in worlds(luck, seeds)])
    p = t_p_value(differences.mean(1), differences.std(1, ddof=1), [seeds] * COMPARISONS)
    # Far fewer would mean that it is blind; two differences of a thousandth may well be equal.
    assert 10 <= (p < 0.05).sum() <= 32


@pytest.mark.parametrize(("seeds", "luck"), [(2, 0.4), (3, 0), (3, 0.4)])
def test_bootstrap(seeds, luck):
    calls = 0
    for wrong, other in worlds(luck, seeds):
        low, high = bootstrap_interval(wrong.astype(int) - other, draws=500)
        calls += not low <= 0 <= high
    assert calls <= 32


@pytest.mark.parametrize(("seeds", "luck"), [(1, 0), (3, 0), (3, 0.1), (5, 0.1)])
def test_mcnemar_of_most_seeds(seeds, luck):
    calls = 0
    for wrong, other in worlds(luck, seeds):
        calls += mcnemar_over_seeds(list(zip(wrong, other, strict=True))) < 0.05
    assert calls <= 32


def test_mcnemar_speaks_of_trained_models_not_of_what_other_seeds_would_give():
    """Where luck moves a run's error by a quarter, it finds what the paired difference must not."""
    calls = [mcnemar_over_seeds(list(zip(*pair, strict=True))) < 0.05 for pair in worlds(0.4, 3)]
    assert sum(calls) > 50


@pytest.mark.parametrize(("seeds", "luck"), [(1, 0), (3, 0.1)])
def test_cochran_of_most_seeds(seeds, luck):
    calls = 0
    for wrong in worlds(luck, seeds, models=4):
        p_values = [cochrans_q(wrong[:, seed])[1] for seed in range(seeds)]
        calls += majority_p_value(p_values) < 0.05
    assert calls <= 32


def test_each_finds_a_true_difference():
    """A model that errs on 4 % in place of 7 % is told apart by all of them, five seeds each."""
    generator = np.random.default_rng(21)
    found = np.zeros(4)
    for _ in range(20):
        hardness = generator.normal(-4.5, 2.5, IMAGES)
        wrong = runs(generator, hardness, 0.05, 1, 5)[0]
        other = runs(generator, hardness - 1, 0.05, 1, 5)[0]
        pairs = list(zip(wrong, other, strict=True))
        difference = wrong.mean(1) - other.mean(1)
        low, _ = bootstrap_interval(wrong.astype(int) - other)
        found += [
            t_p_value(difference.mean(), difference.std(ddof=1), 5) < 0.05,
            low > 0,
            mcnemar_over_seeds(pairs) < 0.05,
            majority_p_value([cochrans_q(np.array(pair))[1] for pair in pairs]) < 0.05,
        ]
    assert (found >= 15).all(), found
