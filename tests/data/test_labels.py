"""Labels of every kind, classes that cannot be learnt, and channels where they are not expected."""

import numpy as np
import pytest

from seqvision.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 6, 5), dtype=np.uint8)
LABELS = np.arange(30) * 7 % 12


@pytest.fixture
def plain(npz):
    return npz(x=IMAGES, y=LABELS)


@pytest.mark.parametrize(
    "labels",
    [
        LABELS.astype(np.uint8),
        LABELS.astype(np.float32),
        LABELS[:, None],
        np.eye(12)[LABELS],
        np.eye(12, dtype=bool)[LABELS],
        LABELS.astype(str),
        LABELS.astype("S2"),
    ],
    ids=["bytes", "floats", "column", "one-hot", "bool one-hot", "text", "bytes of text"],
)
def test_labels_of_every_kind_are_the_same_labels(npz, plain, labels):
    dataset = npz(x=IMAGES, y=labels)
    assert dataset.checksum == plain.checksum
    assert dataset.class_names == plain.class_names == tuple(map(str, range(12)))


def test_columns_of_one_hot_rows_without_a_sample_are_no_classes_and_said(npz, caplog):
    dataset = npz(x=IMAGES, y=np.eye(15)[LABELS])
    assert dataset.num_classes == 12
    assert "labels have 15 columns, and no sample is of one after 11: 12 classes" in caplog.text


def test_names_are_classes_in_order(npz):
    dataset = npz(x=IMAGES, y=np.array(["dog", "cat", "ant"])[LABELS % 3])
    assert dataset.class_names == ("ant", "cat", "dog")
    every = np.concatenate([dataset.train.labels, dataset.test.labels])
    assert np.bincount(every).tolist() == [10, 10, 10]


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (LABELS % 3 + 1, ("1", "2", "3")),
        (np.array([0, 3, 9])[LABELS % 3], ("0", "3", "9")),
        (np.array([-1, 1])[LABELS % 2], ("-1", "1")),
    ],
)
def test_classes_are_the_labels_that_occur(npz, labels, names, caplog):
    """As in scikit-learn: no class is made of a number between that nobody uses."""
    dataset = npz(x=IMAGES, y=labels)
    assert dataset.class_names == names
    assert set(dataset.train.labels) == set(range(len(names)))
    assert f"{len(names)} classes, named by these" in caplog.text
    assert any("named by these" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS + 0.5, "labels must be whole numbers"),
        (np.full(30, np.nan), "labels must be whole numbers"),
        (LABELS - 1, "labels go from -1 to 10; labels count classes from 0"),
        (np.ones((30, 3), int), r"labels of shape \(30, 3\) are not one-hot"),
        (np.full((30, 2), 0.5), "are not one-hot"),
        (np.zeros((30, 3, 1)), "are not one-hot"),
        (np.zeros(30, int), "all samples are of one class"),
        (np.where(LABELS == 0, "", "a"), "a label is an empty text"),
    ],
)
def test_labels_that_tell_no_classes(npz, labels, message):
    with pytest.raises(DataError, match=message):
        npz(x=IMAGES, y=labels)


def parts(train, test, validation=None):
    arrays = {"x_train": IMAGES[: len(train)], "y_train": train}
    arrays |= {"x_test": IMAGES[: len(test)], "y_test": test}
    if validation:
        arrays |= {"x_val": IMAGES[: len(validation)], "y_val": validation}
    return arrays


def test_a_class_without_a_training_image_is_refused(npz):
    with pytest.raises(DataError, match=r"2 test samples are of classes without .* sample, '2'"):
        npz(**parts([0, 1, 0, 1], [0, 2, 2]))
    with pytest.raises(DataError, match="1 validation samples are of classes without a training"):
        npz(**parts([0, 1, 0, 1], [0, 1], [5]))


def test_training_images_of_one_class_are_refused(npz):
    with pytest.raises(DataError, match="all samples are of one class"):
        npz(**parts([1, 1], [1]))


def test_a_class_that_is_not_tested_is_said(npz, caplog):
    dataset = npz(**parts([0, 1, 2, 3], [0, 0, 3]))
    assert dataset.num_classes == 4
    assert "no test sample of 2 of 4 classes: '1', '2'" in caplog.text


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_first_are_put_last(npz, channels, caplog):
    images = np.stack([IMAGES] * channels, axis=1)
    dataset = npz(x=images, y=LABELS)
    assert dataset.input_shape == (6, 5, channels)
    assert dataset.checksum == npz(x=np.moveaxis(images, 1, 3), y=LABELS).checksum
    assert f"({channels}, 6, 5) are read as channels first: 6×5 with {channels}" in caplog.text


@pytest.mark.parametrize("shape", [(9, 9, 9), (2, 9, 9), (5, 9, 9)])
def test_axes_that_could_be_either_are_refused(npz, shape):
    with pytest.raises(DataError, match=r"which axis is the channels\? Make them \(n, height"):
        npz(x=np.zeros((30, *shape), np.uint8), y=LABELS)


def test_few_channels_last_are_what_they_are(npz, caplog):
    assert npz(x=np.stack([IMAGES] * 2, axis=3), y=LABELS).input_shape == (6, 5, 2)
    assert npz(x=np.zeros((30, 3, 5, 3)), y=LABELS).input_shape == (3, 5, 3)
    assert "channels first" not in caplog.text
    many = npz(x=np.zeros((30, 9, 8, 7)), y=LABELS)
    assert "images of shape (9, 8, 7) are read as channels last: 9×8 with 7" in many.notes[0]
