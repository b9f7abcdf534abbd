"""Random changes of training series."""

import numpy as np
import pytest

from seqvision.config.train import Augment
from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.runs.augment_series import series_augmentation, sliced, warped, without_channels


def some(gaps=False):
    generator = np.random.default_rng(0)
    each = [
        generator.normal([1000, -2], [50, 0.1], (length, 2)) for length in (1, 2, 40, 100, 200) * 20
    ]
    for one in each if gaps else ():
        one[: len(one) // 2, 1] = np.nan
    return Series.of(each)


def changed(series, epoch=0, seed=0, **asked):
    return series_augmentation(Augment(**asked), series, seed, epoch)(series)


def test_jitter_is_measured_in_deviations_of_each_feature():
    series = some()
    added = changed(series, jitter=0.2).values - series.values
    np.testing.assert_allclose(added.std(axis=0) / series.values.std(axis=0), 0.2, rtol=0.05)
    np.testing.assert_allclose(added.mean(axis=0) / series.values.std(axis=0), 0, atol=0.02)


def test_scaling_keeps_the_mean_and_one_factor_a_feature():
    series = some()
    found = changed(series, scaling=0.3)
    mean = series.values.mean(axis=0, dtype=float)
    factors = []
    for place in range(len(series)):
        ratio = (found[place] - mean) / (series[place] - mean)
        assert np.ptp(ratio, axis=0) == pytest.approx([0, 0], abs=0.02)
        factors.append(np.median(ratio, axis=0))
    assert np.std(factors) == pytest.approx(0.3, rel=0.2)
    assert np.mean(factors) == pytest.approx(1, abs=0.1)
    assert abs(np.corrcoef(np.array(factors).T)[0, 1]) < 0.3  # Features have factors of their own.


def test_a_warp_keeps_ends_order_and_length():
    steps = np.arange(50.0)[:, None]
    generator = np.random.default_rng(1)
    all_warped = np.hstack([warped(steps, 0.3, generator) for _ in range(200)])
    assert all_warped.shape == (50, 200)
    np.testing.assert_allclose(all_warped[[0, -1]], [[0] * 200, [49] * 200], atol=1e-9)
    speed = np.diff(all_warped, axis=0)
    assert (speed > 0).all()
    # The sum is given, which takes some of the spread away.
    assert 0.2 < np.log(speed).std() < 0.35
    np.testing.assert_array_equal(warped(steps, 0.0, generator), steps)


def test_a_warp_leaves_gaps_as_long_as_they_are():
    one = np.arange(60.0)[:, None]
    one[20:30] = np.nan
    found = warped(one, 1e-3, np.random.default_rng(0))
    assert np.abs(np.flatnonzero(np.isnan(found[:, 0])) - np.arange(20, 30)).max() <= 1


def test_a_slice_is_a_window_of_the_series():
    one, generator = np.arange(100.0)[:, None], np.random.default_rng(2)
    found = [sliced(one, 0.4, generator) for _ in range(300)]
    lengths = [len(window) for window in found]
    assert 60 <= min(lengths) < 65 and 95 < max(lengths) <= 100
    assert all((np.diff(window[:, 0]) == 1).all() for window in found)
    assert {0.0} < {float(window[0, 0]) for window in found}
    assert max(float(window[-1, 0]) for window in found) == 99


def test_channels_drop_out_but_never_all():
    generator = np.random.default_rng(3)
    found = [without_channels(np.ones((5, 4)), 0.5, generator) for _ in range(500)]
    absent = np.array([np.isnan(one) for one in found])
    assert (absent.all(axis=1) == absent.any(axis=1)).all()  # Throughout a series.
    assert not absent.all(axis=(1, 2)).any()
    assert absent.mean() == pytest.approx(0.5 - 0.5**4 / 4, abs=0.03)


def test_what_was_not_observed_stays_so_and_no_series_grows():
    series = some(gaps=True)
    asked = {"jitter": 0.1, "scaling": 0.1, "time_warp": 0.2, "window_slice": 0.3}
    found = changed(series, **asked, channel_dropout=0.3)
    assert (found.lengths <= series.lengths).all() and (found.lengths >= 1).all()
    same_length = changed(series, jitter=0.1, scaling=0.1)
    np.testing.assert_array_equal(np.isnan(same_length.values), np.isnan(series.values))


def test_changes_depend_on_seed_and_epoch_alone():
    series = some()
    first, again = (changed(series, jitter=0.1, epoch=3) for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)
    for other in ({"epoch": 4}, {"epoch": 3, "seed": 1}):
        assert (changed(series, jitter=0.1, **other).values != first.values).all()


def test_a_change_for_the_other_kind_of_samples_is_refused():
    Augment(rotate=5).check_kind("image")
    Augment(jitter=0.1).check_kind("series")
    with pytest.raises(SeqvisionError, match=r"train\.augment\.rotate: is for images, and"):
        Augment(rotate=5).check_kind("series")
    with pytest.raises(SeqvisionError, match=r"train\.augment\.jitter: is for series, and"):
        Augment(jitter=0.1).check_kind("image")
