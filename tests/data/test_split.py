"""Splits: each class gets its share and keeps an image to train on."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqvision.data import load, split_validation
from seqvision.data.base import Split
from seqvision.data.split import stratified, thin_validation, train_and_validation
from seqvision.errors import DataError


@pytest.mark.parametrize(("validation", "count"), [(30, 30), (0.25, 25), (0, 0), (0.0, 0)])
def test_validation_takes_its_share_of_each_class(validation, count):
    labels = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])
    images = np.arange(100).reshape(100, 1, 1)
    training, held_out = split_validation(Split(images, labels), validation)
    assert len(held_out) == count
    together = np.concatenate([training.samples, held_out.samples]).ravel()
    np.testing.assert_array_equal(np.sort(together), np.arange(100))
    shares = np.bincount(held_out.labels, minlength=4) / [40, 30, 20, 10] * 100
    assert np.abs(shares - count).max() <= 10


def test_validation_leaves_something_to_train_on():
    split = Split(np.zeros((9, 1, 1)), np.arange(9))
    with pytest.raises(DataError, match="leave nothing"):
        split_validation(split, 9)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.floats(0, 0.95))
def test_each_class_keeps_an_image(labels, share):
    labels = np.array(labels)
    kept, taken = stratified(labels, round(len(labels) * share))
    assert set(labels[kept]) == set(labels)
    assert sorted([*kept, *taken]) == list(range(len(labels)))


def test_only_a_class_s_last_image_is_given_back():
    labels = np.repeat(np.arange(20), 10)
    assert np.bincount(labels[stratified(labels, 40)[1]]).tolist() == [2] * 20
    # All but three are asked for, and each of 23 classes keeps one.
    rare = np.concatenate([labels, [20, 21, 22]])
    kept, taken = stratified(rare, 200)
    assert np.bincount(rare[kept]).min() == 1
    assert 203 - 23 <= len(taken) <= 203 - 20


def test_published_splits_stay_what_they_are():
    digest = hashlib.sha256()
    for name, validation in (("digits", 0.1), ("mnist-5k", 400)):
        for split in split_validation(load(name).train, validation):
            digest.update(split.samples.tobytes() + split.labels.tobytes())
    assert digest.hexdigest()[:16] == "d0748ad557ac6970"


def test_the_single_image_of_a_class_is_trained_on(npz, caplog):
    images = np.random.default_rng(0).integers(0, 256, (60, 4, 4), dtype=np.uint8)
    for seed in range(30):
        labels = np.random.default_rng(seed).permutation([0] * 29 + [1] * 28 + [2, 3, 3])
        dataset = npz(x=images, y=labels)
        training, validation = split_validation(dataset.train, 0.2)
        assert set(training.labels) == {0, 1, 2, 3}
        assert 2 not in {*validation.labels, *dataset.test.labels}
    assert "no test sample of" in caplog.text and "'2'" in caplog.text


def test_where_no_class_can_spare_an_image_it_is_said(npz):
    split = Split(np.zeros((9, 1, 1)), np.arange(9))
    with pytest.raises(DataError, match=r"data\.validation: no class can spare any of 9"):
        split_validation(split, 2)
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 4), dtype=np.uint8)
    with pytest.raises(DataError, match=r"no sample can be held out .* a label of its own"):
        npz(x=images, y=np.arange(9) * 10**9)
    with pytest.raises(DataError, match="0 of 9 samples in 2 classes comes to none"):
        npz({"test": 0.0}, x=images, y=np.arange(9) % 2)


def test_validation_images_of_its_own_are_used(npz):
    images = np.random.default_rng(0).integers(0, 256, (12, 4, 4), dtype=np.uint8)
    parts = {
        "x_train": images[:6],
        "x_test": images[6:9],
        "y_train": [0, 1] * 3,
        "y_test": [0, 1, 0],
    }
    without = npz(**parts)
    dataset = npz(x_val=images[9:], y_val=np.array([1, 0, 1]), **parts)
    training, validation = train_and_validation(dataset, 0.5)
    assert (len(training), len(validation)) == (6, 3)
    np.testing.assert_array_equal(validation.samples, images[9:])
    assert any("its own 3 samples are used for validation" in note for note in dataset.notes)
    assert dataset.checksum != without.checksum
    assert [len(each) for each in train_and_validation(without, 0.5)] == [3, 3]
    asked = npz({"test": 0.5}, **parts)
    assert len(asked.test) == 3
    assert any("its own 3 samples are tested with" in note for note in asked.notes)
    assert not any("tested with" in note for note in without.notes)


def test_some_of_the_training_images_are_drawn_by_class_and_anew_for_each_seed():
    dataset = load("digits")
    whole, validation = train_and_validation(dataset, 200)
    drawn = {}
    for seed in (0, 1, 2**31 - 1):
        part, held_out = train_and_validation(dataset, 200, 100, seed)
        again, _ = train_and_validation(dataset, 200, 100, seed)
        np.testing.assert_array_equal(part.samples, again.samples)
        np.testing.assert_array_equal(held_out.samples, validation.samples)
        assert len(part) == 100
        shares = np.bincount(part.labels) / np.bincount(whole.labels)
        assert np.ptp(shares) < 1.5 / np.bincount(whole.labels).min()
        rows = {image.tobytes() for image in part.samples}
        assert rows <= {image.tobytes() for image in whole.samples}
        drawn[seed] = rows
    # By chance 8 % of 100 images are among another draw of 100 from 1,237.
    for one, other in ((0, 1), (0, 2**31 - 1), (1, 2**31 - 1)):
        assert len(drawn[one] & drawn[other]) < 25


@pytest.mark.parametrize("count", [9, 1238])
def test_no_more_than_there_are_and_one_of_each_class(count):
    with pytest.raises(DataError, match=r"data\.training: .* of 1,237 training samples in 10"):
        train_and_validation(load("digits"), 200, count)


def test_all_of_them_are_all_of_them():
    dataset = load("digits")
    part, _ = train_and_validation(dataset, 200, 1237, seed=3)
    np.testing.assert_array_equal(part.samples, train_and_validation(dataset, 200)[0].samples)


def test_a_validation_that_says_next_to_nothing_of_a_class_is_told(caplog):
    names = ("a", "b", "c", "d")
    images = np.zeros((6, 1, 1))
    thin = thin_validation(Split(images, np.array([0, 0, 1, 3, 3, 3])), names)
    assert thin == "validation holds under two samples of 2 of 4 classes: 'b', 'c'"
    assert thin in caplog.text
    caplog.clear()
    assert thin_validation(Split(images, np.array([0, 0, 1, 1, 2, 2])), names[:3]) is None
    assert thin_validation(Split(images[:0], np.array([], int)), names) is None
    assert not caplog.text
