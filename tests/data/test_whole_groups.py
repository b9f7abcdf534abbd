"""Whole groups: never cut, classes as even as scikit-learn makes them, sizes about as asked for."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from seqvision.data.base import Split
from seqvision.data.make_series import Part, make_series
from seqvision.data.split import some_of, split_validation, stratified
from seqvision.data.whole_groups import dealt, held_out
from seqvision.errors import DataError


def people(seed, groups=30, classes=4):
    """Labels and groups of unequal sizes; each group has classes of its own liking."""
    random = np.random.default_rng(seed)
    of = np.repeat(np.arange(groups), random.geometric(1 / 12, groups))
    liking = random.dirichlet(np.full(classes, 0.7), groups)
    labels = np.array([random.choice(classes, p=liking[group]) for group in of])
    mixed = random.permutation(len(of))
    return labels[mixed], of[mixed]


def unevenness(parts, labels, folds):
    """How far the shares of each class are from the same in each part, root of the sum squared."""
    shares = np.zeros((folds, labels.max() + 1))
    np.add.at(shares, (parts, labels), 1 / np.bincount(labels)[labels])
    return np.sqrt(((shares - 1 / folds) ** 2).sum())


@pytest.mark.parametrize("folds", [2, 3, 5])
def test_parts_are_as_even_as_scikit_learn_makes_them(folds):
    ours, theirs = [], []
    for seed in range(12):
        labels, groups = people(seed)
        parts = dealt(labels, groups, np.full((folds, 4), 1 / folds))
        for group in np.unique(groups):
            assert len(np.unique(parts[groups == group])) == 1
        of_sklearn = np.empty(len(labels), int)
        for fold, (_, test) in enumerate(StratifiedGroupKFold(folds).split(labels, labels, groups)):
            of_sklearn[test] = fold
        ours.append(unevenness(parts, labels, folds))
        theirs.append(unevenness(of_sklearn, labels, folds))
        assert np.bincount(parts, minlength=folds).min() > 0.6 * len(labels) / folds
    assert np.mean(ours) < np.mean(theirs)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 8)), min_size=1, max_size=60),
    st.floats(0.01, 0.9),
    st.integers(0, 5),
)
def test_no_group_is_cut_and_each_class_keeps_a_sample(samples, share, seed):
    labels, groups = np.array(samples).T
    wanted = np.full(len(np.unique(labels)), share)
    kept, taken = held_out(labels, groups, wanted, seed)
    assert sorted([*kept, *taken]) == list(range(len(labels)))
    assert not {*groups[kept]} & {*groups[taken]}
    assert {*labels[kept]} == {*labels}
    spared = any({*labels[groups != group]} == {*labels} for group in {*groups})
    assert bool(len(taken)) == spared


def test_shares_are_those_asked_for_and_another_seed_takes_other_groups():
    labels, groups = people(0, groups=60)
    drawn = []
    for seed in range(6):
        _, taken = stratified(labels, round(0.25 * len(labels)), seed, groups)
        assert abs(len(taken) - 0.25 * len(labels)) < 0.02 * len(labels)
        shares = np.bincount(labels[taken]) / np.bincount(labels)
        assert np.abs(shares - 0.25).max() < 0.05
        drawn.append(frozenset(groups[taken]))
    assert len(set(drawn)) == 6
    again = stratified(labels, round(0.25 * len(labels)), 5, groups)
    np.testing.assert_array_equal(again[1], taken)


def test_published_groups_stay_where_they_are():
    # A hash, not a generator of random numbers, says which groups are taken.
    labels, groups = np.arange(40) % 3, np.arange(40) // 4
    assert np.unique(groups[held_out(labels, groups, np.full(3, 0.3))[1]]).tolist() == GOLDEN


GOLDEN = [2, 4, 9]


def test_validation_and_training_samples_are_of_whole_groups():
    labels, groups = people(1)
    split = Split(np.arange(len(labels)).reshape(-1, 1, 1), labels, groups)
    training, validation = split_validation(split, 0.2)
    assert not {*training.groups} & {*validation.groups}
    part = some_of(training, len(training) // 2, seed=3)
    rest = {*training.samples.ravel()} - {*part.samples.ravel()}
    assert not {*part.groups} & {*groups[sorted(rest)]}
    assert 0.4 * len(training) < len(part) < 0.6 * len(training)


def test_the_test_part_is_of_whole_groups_and_parts_that_share_some_are_told(caplog):
    labels, groups = people(2)
    series = [np.full((3, 1), value) for value in range(len(labels))]
    dataset = make_series("mine", {"training": Part(series, labels, groups)}, "mine.csv", test=0.3)
    assert not {*dataset.train.groups} & {*dataset.test.groups}
    assert not any("flatters" in note for note in dataset.notes)
    half = len(labels) // 2
    parts = {
        "training": Part(series[:half], labels[:half], groups[:half]),
        "test": Part(series[half:], labels[half:], groups[half:]),
    }
    cut = make_series("mine", parts, "mine.csv")
    shared = np.isin(groups[half:], groups[:half]).sum()
    note = f"{shared} of {len(labels) - half} test samples are of groups that are trained on too"
    assert any(note in each for each in cut.notes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        redone = make_series("mine", {"training": Part(series, labels, groups)}, "again", test=0.3)
    assert redone.checksum == dataset.checksum


def test_where_no_group_can_be_spared_it_is_said():
    # Each class is in one group.
    labels, groups = np.array([0, 0, 1, 1]), np.array([5, 5, 6, 6])
    split = Split(np.zeros((4, 1, 1)), labels, groups)
    with pytest.raises(DataError, match=r"data\.validation: no group can be spared of 4 training"):
        split_validation(split, 1)
    part = Part([np.zeros((2, 1))] * 4, labels, groups)
    with pytest.raises(DataError, match="no sample can be held out for testing: groups stay whole"):
        make_series("mine", {"training": part}, "mine.csv")
