import numpy as np
import pytest
from scipy.stats import bootstrap, norm, t

from seqvision.statistics.bootstrap import bootstrap_interval


def literal(differences, draws, generator):
    """The standard deviation of draws made one after another, as the docstring tells it."""
    seeds, images = differences.shape
    means = [
        differences[
            np.ix_(generator.integers(0, seeds, seeds - 1), generator.integers(0, images, images))
        ].mean()
        for _ in range(draws)
    ]
    return np.std(means, ddof=1)


def test_is_what_drawing_rows_and_columns_one_by_one_gives():
    generator = np.random.default_rng(5)
    wrong = generator.random((5, 300)) < 0.2
    other = generator.random((5, 300)) < generator.uniform(0, 0.3, (1, 300))
    differences = wrong.astype(int) - other
    low, high = bootstrap_interval(differences)
    assert (low + high) / 2 == pytest.approx(differences.mean())
    error = literal(differences, 4000, generator)
    share = differences.mean(1).var(ddof=1) / 5 / error**2
    expected = (share * t.ppf(0.975, 4) + (1 - share) * norm.ppf(0.975)) * error
    assert (high - low) / 2 == pytest.approx(expected, rel=0.05)


def test_with_nothing_but_images_it_is_scipys_bootstrap_of_them():
    values = np.random.default_rng(6).choice([-1, 0, 1], 400, p=[0.1, 0.7, 0.2])
    low, high = bootstrap_interval(np.tile(values, (4, 1)))
    found = bootstrap((values,), np.mean, method="percentile", random_state=7)
    interval = found.confidence_interval
    assert (low, high) == pytest.approx((interval.low, interval.high), abs=0.006)


def test_with_nothing_but_seeds_it_is_students_interval():
    means = np.array([0.1, 0.3, 0.2, 0.6])
    low, high = bootstrap_interval(np.tile(means[:, None], (1, 50)), draws=20_000)
    half = t.ppf(0.975, 3) * means.std(ddof=1) / 2
    assert (low, high) == pytest.approx((0.3 - half, 0.3 + half), rel=0.02)


def test_one_seed_and_equal_models_have_no_interval():
    assert np.isnan(bootstrap_interval(np.ones((1, 10)))).all()
    assert np.isnan(bootstrap_interval(np.zeros((3, 10)))).all()


def test_says_the_same_each_time():
    differences = np.random.default_rng(9).integers(-1, 2, (3, 50))
    assert bootstrap_interval(differences) == bootstrap_interval(differences)
