"""File formats: read right, and each kind of damage told."""

import gzip

import numpy as np
import pytest

from seqvision.data import load
from seqvision.data.files import download, read_idx, read_idx_folder, read_npz
from seqvision.errors import DataError


def idx_bytes(array):
    header = bytes([0, 0, 8, array.ndim])
    return header + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def write_four(folder, images=20, gz=False):
    generator = np.random.default_rng(0)
    for part in ("train", "t10k"):
        pictures = generator.integers(0, 256, (images, 5, 4), dtype=np.uint8)
        labels = (np.arange(images) % 3).astype(np.uint8)
        for name, array in ((f"{part}-images-idx3", pictures), (f"{part}-labels-idx1", labels)):
            content = idx_bytes(array)
            path = folder / f"{name}-ubyte{'.gz' if gz else ''}"
            path.write_bytes(gzip.compress(content) if gz else content)


@pytest.mark.parametrize("gz", [False, True])
def test_idx_is_read_plain_and_gzipped(tmp_path, gz):
    write_four(tmp_path, gz=gz)
    dataset = load({"name": "idx", "path": str(tmp_path)})
    assert dataset.train.images.shape == (20, 5, 4)
    expected = np.random.default_rng(0).integers(0, 256, (20, 5, 4), dtype=np.uint8)
    np.testing.assert_array_equal(dataset.train.images, expected)
    np.testing.assert_array_equal(dataset.test.labels, np.arange(20) % 3)
    assert dataset.num_classes == 3


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda b: b[:-1], "it holds 59"),
        (lambda b: b + b"x", "it holds 61"),
        (lambda b: b"PK\x03\x04" + b[4:], "not an IDX file"),
        (lambda b: b[:7], "cut short"),
        (lambda b: b[:4] + b"\xff" * 12 + b[16:], "its header says"),
    ],
)
def test_a_damaged_idx_file_is_told(tmp_path, damage, message):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(damage(idx_bytes(np.zeros((3, 5, 4), np.uint8))))
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_a_gzip_file_cut_short_is_told(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((3, 5, 4), np.uint8)))[:-6])
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(path)


def test_three_of_four_files_are_not_enough(tmp_path):
    write_four(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="lacks t10k-labels-idx1-ubyte"):
        read_idx_folder(tmp_path)


def test_images_and_labels_of_different_number(tmp_path):
    write_four(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(19, np.uint8)))
    with pytest.raises(DataError, match="20 training images, but labels of"):
        load({"name": "idx", "path": str(tmp_path)})


def test_pickles_are_not_read(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.array([{"a": 1}], dtype=object), y=np.zeros(1, int))
    with pytest.raises(DataError, match="pickled objects"):
        read_npz(path, ("x", "y"))


@pytest.mark.parametrize("content", [b"", b"not a zip file", b"PK\x03\x04 cut"])
def test_a_damaged_npz_is_told(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load({"name": "npz", "path": str(path)})


def test_what_a_download_prints_stays_off_stdout(capsys):
    assert download("it", lambda keras: print("Downloading") or 3) == 3
    captured = capsys.readouterr()
    assert captured.out == "" and "Downloading" in captured.err
