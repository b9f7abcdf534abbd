"""File formats: read right, and each kind of damage told."""

import gzip

import numpy as np
import pytest

from seqvision.data import load
from seqvision.data.files import download, read_idx, read_idx_folder, read_npz
from seqvision.data.split import train_and_validation
from seqvision.errors import DataError, SeqvisionError


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
    assert dataset.train.samples.shape == (20, 5, 4)
    expected = np.random.default_rng(0).integers(0, 256, (20, 5, 4), dtype=np.uint8)
    np.testing.assert_array_equal(dataset.train.samples, expected)
    np.testing.assert_array_equal(dataset.test.labels, np.arange(20) % 3)
    assert dataset.num_classes == 3


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"{name}.gz",  # Unpacked by a browser, which left the name.
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", ".idx") + ".gz",
        lambda name: f"emnist-letters-{name}".replace("t10k", "test") + ".gz",
    ],
)
@pytest.mark.parametrize("gz", [False, True])
def test_idx_files_are_told_by_their_content(tmp_path, rename, gz):
    write_four(tmp_path, gz=gz)
    expected = load({"name": "idx", "path": str(tmp_path)}).checksum
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(rename(path.name.removesuffix(".gz"))))
    (tmp_path / "._train-images-idx3-ubyte").write_bytes(b"left by a Mac")
    assert load({"name": "idx", "path": str(tmp_path)}).checksum == expected


def test_gzipped_idx_without_its_ending(tmp_path):
    write_four(tmp_path, gz=True)
    expected = load({"name": "idx", "path": str(tmp_path)}).checksum
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_suffix(""))
    assert load({"name": "idx", "path": str(tmp_path)}).checksum == expected


def test_several_sets_in_one_folder_are_refused(tmp_path):
    write_four(tmp_path)
    for path in list(tmp_path.iterdir()):
        (tmp_path / f"emnist-digits-{path.name}").write_bytes(path.read_bytes())
        (tmp_path / f"emnist-letters-{path.name}").write_bytes(path.read_bytes())
    assert read_idx_folder(tmp_path)  # MNIST's own names come first.
    for path in list(tmp_path.glob("t*")):
        path.unlink()
    with pytest.raises(DataError, match="several sets, emnist-digits, emnist-letters"):
        read_idx_folder(tmp_path)


def test_idx_with_validation_images(tmp_path):
    write_four(tmp_path)
    for what in ("images-idx3", "labels-idx1"):
        content = (tmp_path / f"t10k-{what}-ubyte").read_bytes()
        (tmp_path / f"val-{what}-ubyte").write_bytes(content)
    dataset = load({"name": "idx", "path": str(tmp_path)})
    np.testing.assert_array_equal(dataset.validation.samples, dataset.test.samples)
    (tmp_path / "val-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="lacks val-labels-idx1-ubyte"):
        load({"name": "idx", "path": str(tmp_path)})


@pytest.mark.parametrize(
    ("code", "kind"), [(9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_idx_of_wider_numbers(tmp_path, code, kind):
    """Each type of LeCun's table, big-endian."""
    array = np.array([[-3, 5], [7, 100]], kind)
    path = tmp_path / "x"
    path.write_bytes(bytes([0, 0, code, 2, 0, 0, 0, 2, 0, 0, 0, 2]) + array.tobytes())
    np.testing.assert_array_equal(read_idx(path), array)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(DataError, match=f"{array.nbytes} bytes; it holds {array.nbytes + 1}"):
        read_idx(path)


def test_npz_layouts(npz, caplog):
    images = np.random.default_rng(0).integers(0, 256, (12, 4, 4), dtype=np.uint8)
    labels = np.arange(12) % 2
    whole = npz(x=images, y=labels)
    assert npz(X=images, Y=labels).checksum == whole.checksum
    assert npz(images=images, labels=labels).checksum == whole.checksum
    parts = {"train": slice(6), "test": slice(6, 9), "val": slice(9, 12)}
    ours = npz(
        **{f"x_{part}": images[where] for part, where in parts.items()},
        **{f"y_{part}": labels[where] for part, where in parts.items()},
    )
    assert len(ours.validation) == 3 and ours.validation.labels.tolist() == [1, 0, 1]
    medmnist = npz(
        **{f"{part}_images": images[where] for part, where in parts.items()},
        **{f"{part}_labels": labels[where, None] for part, where in parts.items()},
    )
    assert medmnist.checksum == ours.checksum
    assert "passed over" not in caplog.text


def test_arrays_that_are_not_read_are_said(npz, caplog):
    images = np.random.default_rng(0).integers(0, 256, (12, 4, 4), dtype=np.uint8)
    npz(x=images, y=np.arange(12) % 2, x_extra=images)
    assert "these arrays are passed over: x_extra" in caplog.text


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["x_train", "y_train"], "has no array 'x_test'; it has x_train, y_train"),
        (["x_train", "y_train", "x_test", "y_test", "x_val"], "has no array 'y_val'"),
        (["train_images", "train_labels"], "has no array 'test_images'"),
        (["pictures"], "has no array 'x'; it has pictures"),
        (["x", "X", "y"], "differ by case alone"),
    ],
)
def test_npz_layouts_that_lack_something(npz, names, message):
    with pytest.raises(DataError, match=message):
        npz(**{name: np.zeros((4, 3, 3)) for name in names})


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


def test_pictures_that_cannot_fit_are_told_before_they_are_read(tmp_path, monkeypatch):
    from seqvision import memory

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"never looked at")
    monkeypatch.setattr(memory, "total_memory", lambda: 250_000_000)
    spec = {"name": "image_folder", "path": str(tmp_path), "size": [10_000, 9_000], "color": "rgb"}
    with pytest.raises(SeqvisionError, match=r"2 pictures of 10000×9000 pixels would take 0\.5 GB"):
        load(spec)


def test_images_of_a_group_stay_together(npz, caplog):
    """Four images of each person: neither testing nor validation cuts one."""
    generator = np.random.default_rng(0)
    persons = np.repeat([f"p{n}" for n in range(25)], 4)
    order = generator.permutation(100)
    images = generator.integers(0, 256, (100, 4, 4)).astype("uint8")
    arrays = {"x": images, "y": np.arange(100) % 2, "groups": persons[order]}
    dataset = npz({"test": 0.2}, **arrays)
    train, validation = train_and_validation(dataset, 0.25)
    parts = [train, validation, dataset.test]
    held = [{*part.groups.tolist()} for part in parts]
    assert sum(map(len, held)) == len(set.union(*held)) == 25
    assert all(len(part) == 4 * len(groups) for part, groups in zip(parts, held, strict=True))
    assert "passed over" not in caplog.text
    whole = npz(x=images, y=np.arange(100) % 2)
    assert whole.train.groups is None and whole.checksum != dataset.checksum
    with pytest.raises(DataError, match=r"x: 100 samples, but groups of \(99,\)"):
        npz(**{**arrays, "groups": persons[1:]})


def test_groups_of_one_part_alone_are_not_used(npz, caplog):
    x, y = np.zeros((4, 3, 3), "uint8"), np.arange(4) % 2
    x[0] = 255
    dataset = npz(x_train=x, y_train=y, x_test=x, y_test=y, groups_train=y)
    assert dataset.train.groups is None
    assert "groups are not used, as test samples have none" in caplog.text
