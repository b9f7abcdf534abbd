"""Resamples are those of the archives' published results; folds deal every sample once."""

import numpy as np
import pytest

from seqvision.data import load
from seqvision.data.base import Split
from seqvision.data.make_series import Part, make_series
from seqvision.data.redrawn import fold, redrawn, resample
from seqvision.data.resampling import Resampling
from seqvision.data.today import checksum_today
from seqvision.errors import DataError

NAMES = ("1", "2", "10")
TRAIN, TEST = [2, 1, 1, 0, 2, 1, 0, 1], [0, 1, 2, 2, 1, 1, 0, 2, 1]
RESAMPLES = {
    # What aeon 1.6's stratified_resample_data_indices returns for these labels as texts.
    1: ([14, 8, 0, 10, 5, 13, 12, 7], [3, 6, 15, 11, 4, 9, 2, 16, 1]),
    7: ([8, 6, 10, 4, 7, 12, 16, 9], [3, 14, 0, 15, 11, 5, 2, 1, 13]),
}


def plain(labels, groups=None):
    """A split whose samples are their own indices."""
    labels = np.asarray(labels)
    return Split(np.arange(len(labels)).reshape(-1, 1, 1), labels, groups)


@pytest.mark.parametrize("seed", RESAMPLES)
def test_resamples_are_those_of_the_published_results(seed):
    # aeon takes classes in the order of their names as texts, where 10 comes before 2.
    kept, taken = resample(plain(TRAIN + TEST), len(TRAIN), seed, NAMES)
    ours = [kept, taken]
    assert [each.tolist() for each in ours] == [*map(list, RESAMPLES[seed])]


def test_a_resample_keeps_sizes_and_classes_of_images_and_of_series():
    for name in ("digits", "digit-outlines"):
        dataset = load(name)
        again = load(name, resampling=Resampling(resample=3))
        assert len(again.train) == len(dataset.train) and len(again.test) == len(dataset.test)
        counts = [np.bincount(each.train.labels).tolist() for each in (dataset, again)]
        assert counts[0] == counts[1]
        assert again.drawn_from == dataset.checksum != again.checksum
        assert samples(again) == samples(dataset)
        assert load(name, resampling=Resampling(resample=3)).checksum == again.checksum
        assert load(name, resampling=Resampling(resample=4)).checksum != again.checksum
    assert redrawn(dataset, Resampling()) is dataset


def samples(dataset):
    """All samples with their labels, however they are split."""
    parts = (dataset.train, dataset.test)
    return sorted(
        (part.samples[i].tobytes(), int(part.labels[i])) for part in parts for i in range(len(part))
    )


def test_folds_test_every_sample_once_and_differ_by_one_of_each_class():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [31, 17, 9]))
    tested = []
    for number in range(4):
        kept, taken = fold(plain(labels), 4, number, NAMES)
        assert sorted([*kept, *taken]) == list(range(len(labels)))
        tested.append(taken)
    assert sorted(np.concatenate(tested)) == list(range(len(labels)))
    assert np.ptp([len(each) for each in tested]) <= 1
    counts = np.array([np.bincount(labels[each], minlength=3) for each in tested])
    assert np.ptp(counts, axis=0).max() <= 1


def test_folds_and_resamples_do_not_cut_groups():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(24), random.integers(3, 15, 24))
    labels = random.integers(0, 3, len(groups))
    series = [np.full((2, 1), value) for value in range(len(groups))]
    half = len(groups) // 2
    parts = {
        "training": Part(series[:half], labels[:half], groups[:half]),
        "test": Part(series[half:], labels[half:], groups[half:]),
    }
    dataset = make_series("mine", parts, "mine.csv")
    tested = []
    for number in range(5):
        part = redrawn(dataset, Resampling(folds=5, fold=number))
        assert not {*part.train.groups} & {*part.test.groups}
        tested += [float(one[0, 0]) for one in part.test.samples]
    assert sorted(tested) == list(range(len(groups)))
    drawn = [redrawn(dataset, Resampling(resample=seed)) for seed in (1, 2, 3)]
    for each in drawn:
        assert not {*each.train.groups} & {*each.test.groups}
        assert abs(len(each.train) - half) <= 5
        assert np.abs(np.bincount(each.train.labels) - np.bincount(labels[:half])).max() <= 5
    assert len({each.checksum for each in drawn}) == 3


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("how", [{"resample": 1}, {"resample": 2}, {"folds": 4, "fold": 1}])
def test_validation_samples_are_drawn_anew_too(grouped, how):
    """Kept as they came they may be of persons who are now tested with."""
    labels = np.arange(120) % 3
    groups = np.arange(120) // 5
    # Each person is in training and in validation, as at random.
    sizes = {"training": np.arange(120) % 5 < 3, "validation": np.arange(120) % 5 == 3}
    sizes["test"] = ~sizes["training"] & ~sizes["validation"]
    parts = {
        part: Part(
            [np.full((2, 1), value) for value in np.flatnonzero(of)],
            labels[of],
            groups[of] if grouped else None,
        )
        for part, of in sizes.items()
    }
    dataset = make_series("mine", parts, "mine.csv")
    assert len(dataset.validation) == 24
    drawn = redrawn(dataset, Resampling(**how))
    held = [[float(one[0, 0]) for one in part.samples] for part in drawn.parts.values()]
    assert sorted(np.concatenate(held)) == list(range(120))
    assert not np.array_equal(held[2], np.flatnonzero(sizes["validation"]))
    tested = 30 if "folds" in how else 24
    assert abs(len(drawn.test) - tested) <= 5 * grouped
    assert abs(len(drawn.validation) - (120 - tested) / 4) <= (5 if grouped else 1)
    if grouped:
        persons = [{*part.groups} for part in drawn.parts.values()]
        assert sum(map(len, persons)) == len(set.union(*persons)) == 24
    assert "drawn anew together" in drawn.notes[-1] and drawn.drawn_from == dataset.checksum


def test_what_cannot_be_dealt_is_told():
    with pytest.raises(DataError, match=r"data\.folds: 3 samples cannot be dealt into 4 parts"):
        fold(plain([0, 1, 1]), 4, 0, NAMES)
    groups = np.array([0, 0, 1, 1])
    with pytest.raises(DataError, match=r"data\.folds: 2 groups cannot be dealt into 3 parts"):
        fold(plain([0, 1, 0, 1], groups), 3, 0, NAMES)
    with pytest.raises(DataError, match=r"data\.fold: all samples of '2' are in fold \d of 2, as"):
        for number in range(2):
            fold(plain([0, 1, 0, 0, 0, 0], np.array([0, 0, 1, 2, 2, 3])), 2, number, NAMES)
    with pytest.raises(DataError, match=r"data\.resample: no group can be spared"):
        resample(plain([0, 0, 1, 1], groups), 2, 1, NAMES)


def test_the_checksum_of_today_is_of_the_samples_as_they_are_drawn():
    drawn = Resampling(folds=3, fold=1)
    assert checksum_today("digits", None, drawn) == load("digits", resampling=drawn).checksum
    assert checksum_today("digits") == load("digits").checksum
