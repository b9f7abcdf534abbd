"""Series of unequal length, kept one after another."""

import numpy as np
import pytest

from seqvision.data import load
from seqvision.data.make_series import Part, make_series
from seqvision.data.series import Series
from seqvision.errors import DataError

NAN = np.nan
LABELS = np.array([0, 1, 0, 1, 0, 1])


def some_series(features=2):
    """Six series of 1 to 6 steps; the value tells series and step."""
    return [
        np.array([[10 * n + step] * features for step in range(n + 1)], float) for n in range(6)
    ]


def made(series, labels=LABELS, **options):
    return make_series("s", {"training": Part(series, labels)}, "s.npz", **options)


def test_one_some_and_all():
    series = Series.of(some_series())
    assert (len(series), series.shape, series.steps) == (6, (6, None, 2), 6)
    np.testing.assert_array_equal(series[-1], some_series()[5])
    taken = series[np.array([4, 0])]
    np.testing.assert_array_equal(
        np.asarray(taken)[:, :, 0], [[40, 41, 42, 43, 44], [0] + [NAN] * 4]
    )
    np.testing.assert_array_equal(np.asarray(series[1:3])[:, :, 1], [[10, 11, NAN], [20, 21, 22]])
    assert series[2:2].padded().shape == (0, 0, 2)
    assert series[:1].padded(4).shape == (1, 4, 2)


def test_padding_is_no_part_of_a_series_but_a_gap_is():
    series = Series.of([np.array([[1, NAN], [NAN, NAN], [2, NAN], [NAN, NAN]])])
    assert series.lengths.tolist() == [3]


def test_memory_is_that_of_what_was_observed():
    long = [np.zeros((1, 1))] * 999 + [np.zeros((100_000, 1))]
    assert Series.of(long).nbytes < 500_000


def test_the_checksum_does_not_depend_on_which_nan_or_on_padding():
    other = np.array([0x7FF8DEAD00000001], np.uint64).view(float)[0]
    one, two = some_series(), some_series()
    one[5][2], two[5][2] = NAN, other
    two[0] = np.concatenate([two[0], [[NAN, NAN]] * 7])
    assert made(one).checksum == made(two).checksum
    two[5][3] += 1
    assert made(one).checksum != made(two).checksum


def test_what_is_not_there_and_what_is_infinite():
    series = some_series()
    series[3] = series[3] * NAN
    with pytest.raises(DataError, match=r"s\.npz: training series 4 has no observed value"):
        made(series)
    series = some_series()
    series[3][2, 1] = np.inf
    with pytest.raises(DataError, match="training series 4 holds an infinite value"):
        made(series)
    series[3] = np.ones((3, 5))
    with pytest.raises(DataError, match=r"training series 4 is \(3, 5\)"):
        made(series)
    with pytest.raises(DataError, match=r"training series 1 is \(1, 0\)"):
        made([one[:, :0] for one in some_series()])
    with pytest.raises(DataError, match="6 training series, but labels of"):
        made(some_series(), LABELS[:5])


def test_a_test_part_of_other_features():
    parts = {"training": Part(some_series(), LABELS), "test": Part(some_series(3), LABELS)}
    with pytest.raises(DataError, match="training series have 2 features, test series 3"):
        make_series("s", parts, "s.npz")


def test_a_feature_that_never_changes_is_said():
    series = [np.hstack([one, np.full((len(one), 1), 4.0)]) for one in some_series()]
    note = made(series, test=0.4).notes[0]
    assert "1 of 3 features never change in training (3)" in note


def test_groups_go_with_their_series():
    parts = {"training": Part(some_series(), LABELS, list("abcabc"))}
    dataset = make_series("s", parts, "s.npz", test=0.34)
    every = np.concatenate([part.groups for part in dataset.parts.values()])
    first = np.concatenate([np.asarray(p.samples)[:, 0, 0] / 10 for p in dataset.parts.values()])
    assert [every[first == n].item() for n in range(6)] == [0, 1, 2, 0, 1, 2]


def test_outlines_follow_the_edge_of_the_ink():
    from seqvision.data.digit_outlines import outline

    image = np.zeros((28, 28), np.uint8)
    image[5:15, 8:20] = 255
    image[8:11, 12:16] = 0  # A hole.
    points = outline(image)
    assert points[:, 2].sum() == 2
    outer = points[: np.flatnonzero(points[:, 2])[1]]
    assert (outer[:, 0].min(), outer[:, 0].max()) == (7.5, 19.5)
    assert (outer[:, 1].min(), outer[:, 1].max()) == (4.5, 14.5)
    # Shoelace: the area within, a little less at the corners.
    x, y = outer[:, 0], outer[:, 1]
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert area == pytest.approx(120, abs=2)


def test_the_outlines_of_5000_digits():
    dataset, digits = load("digit-outlines"), load("mnist-5k")
    assert (dataset.kind, dataset.input_shape, dataset.num_classes) == ("series", (None, 3), 10)
    np.testing.assert_array_equal(dataset.test.labels, digits.test.labels)
    assert dataset.train.samples.steps < 250
