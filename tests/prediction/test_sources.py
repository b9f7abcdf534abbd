"""What sources stand for."""

import gzip
import os
import struct

import numpy as np
import pytest
from PIL import Image

from seqvision.data.notes import Notes
from seqvision.errors import SeqvisionError
from seqvision.prediction.image_files import ImageFile, class_names_of
from seqvision.prediction.sources import Missing, SampleFile, Stdin, find, of_line, shown

IMAGES = np.arange(3 * 6 * 4, dtype=np.uint8).reshape(3, 6, 4)


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(IMAGES[0]).save(path)
    return path


def write_idx(path, array):
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    content += array.tobytes()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_folders_are_searched_to_their_depth_in_order(tmp_path, monkeypatch):
    files = [picture(tmp_path / name) for name in ("a.png", "cat/b.png", "cat/deep/c.png")]
    (tmp_path / "cat" / "notes.txt").write_text("none")
    (tmp_path / ".DS_Store").write_bytes(b"")
    found = find([tmp_path])
    assert [each.path for each in found] == files
    own = tmp_path.name
    assert [each.folders for each in found] == [(own,), ("cat", own), ("deep", "cat", own)]
    assert find([str(files[1]), tmp_path / "cat" / "deep"]) == [
        SampleFile(files[1], ("cat",)),
        SampleFile(files[2], ("deep",)),
    ]
    monkeypatch.chdir(tmp_path / "cat")
    assert find(["b.png"])[0].folders == find(["."])[0].folders == ("cat",)


def test_what_is_passed_over_in_a_folder_is_said(tmp_path, caplog):
    caplog.set_level("INFO", "seqvision")
    picture(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("none")
    assert len(find([tmp_path])) == 1
    assert caplog.messages == [f"{tmp_path}: 1 no pictures, passed over: notes.txt"]


def test_patterns(tmp_path, monkeypatch):
    files = [picture(tmp_path / name) for name in ("a.png", "b.PNG", "cat/c.png")]
    monkeypatch.chdir(tmp_path)
    assert [each.path.name for each in find(["*.png"])] == ["a.png"]
    assert [each.path.name for each in find(["*"])] == ["a.png", "b.PNG", "c.png"]
    assert [each.path.name for each in find(["**/*"])] == ["a.png", "b.PNG", "c.png"]
    assert len(find([f"{tmp_path}/**/*.png"])) == 2
    odd = picture(tmp_path / "odd[1].png")  # A pattern by its name, and yet a file.
    assert find([odd])[0].path == odd
    with pytest.raises(SeqvisionError, match=r"none\*\.png: no file is called so"):
        find([files[0], "none*.png"])


@pytest.mark.parametrize("source", ["none.png", "x" * 5000, "no\0name", "~nobody-here/x.png"])
def test_a_source_that_does_not_exist(source):
    with pytest.raises(SeqvisionError, match="no such file or folder"):
        find([source])


def test_what_holds_nothing(tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(SeqvisionError, match="holds no pictures"):
        find([tmp_path])
    with pytest.raises(SeqvisionError, match="no sources"):
        find([])
    with pytest.raises(SeqvisionError, match="once only"):
        find(["-", "-"])
    assert isinstance(find(["-"])[0], Stdin)


def test_a_line_of_stdin(tmp_path):
    file = picture(tmp_path / "a b.png")
    assert of_line(os.fsencode(file) + b"\r\n") == [SampleFile(file, (tmp_path.name,))]
    assert of_line(b"\n") == []
    assert of_line(b"no*.png\n") == [Missing("no*.png", "no such file or folder")]


def test_a_name_that_is_no_text():
    assert shown(os.fsdecode(b"caf\xe9.png")) == "caf\\xe9.png"
    assert shown("café.png") == "café.png"


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "images.gz", "x.bin"])
def test_idx_files_are_known_by_their_first_bytes(name, tmp_path):
    file = write_idx(tmp_path / name, IMAGES)
    (found,) = find([file])
    images, labels = found.read(Notes("x"))
    np.testing.assert_array_equal(images, IMAGES)
    assert labels is None


def test_the_labels_of_an_idx_file_lie_beside_it(tmp_path):
    file = write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", IMAGES)
    labels = write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.array([2, 0, 1], np.uint8))
    assert ImageFile(file, True).read(Notes("x"))[1].tolist() == [2, 0, 1]
    assert find([tmp_path]) == [ImageFile(file, True)]  # A folder like MNIST's.
    with pytest.raises(SeqvisionError, match="holds 1 dimensions"):
        ImageFile(labels, True).read(Notes("x"))


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        (["x"], "x"),
        (["X", "Y"], "X"),
        (["arr_0"], "arr_0"),
        (["x_train", "y_train", "x_test", "y_test"], "x_test"),
        (["train_images", "train_labels", "val_images", "val_labels"], "val_images"),
        (["x_train", "y_train"], "x_train"),
        (["images", "labels", "other"], "images"),
    ],
)
def test_which_array_of_an_archive_is_answered(arrays, expected, tmp_path):
    made = {}
    for i, name in enumerate(arrays):
        is_labels = name.lower().startswith("y") or "labels" in name
        made[name] = np.array([i, 0, 1]) if is_labels else IMAGES + i
    np.savez(tmp_path / "x.npz", **made)
    notes = Notes("x.npz")
    images, labels = ImageFile(tmp_path / "x.npz", False).read(notes)
    np.testing.assert_array_equal(images, made[expected])
    assert (labels is not None) == (len(arrays) > 1)
    if labels is not None:
        assert labels[0] == arrays.index(expected) + 1
    several = len(arrays) == 4
    assert any(f"{expected} is answered, 3 samples" in s for s in notes.sentences) == several


def test_an_archive_without_images(tmp_path):
    np.savez(tmp_path / "x.npz", weights=IMAGES, biases=IMAGES)
    with pytest.raises(SeqvisionError, match="no array 'x' or 'x_test'; it has weights, biases"):
        ImageFile(tmp_path / "x.npz", False).read(Notes("x"))
    np.savez(tmp_path / "x.npz", x=IMAGES, y=np.zeros(2, int))
    with pytest.raises(SeqvisionError, match="3 images, but labels of"):
        ImageFile(tmp_path / "x.npz", False).read(Notes("x"))


def test_labels_are_names_or_numbers_of_classes():
    names = ("cat", "dog", "eel")
    assert class_names_of(np.array([2, 0]), names, "x") == ["eel", "cat"]
    assert class_names_of(np.eye(3)[[1, 0]], names, "x") == ["dog", "cat"]
    assert class_names_of(np.array(["dog"]), names, "x") == ["dog"]
    assert class_names_of(np.array([7, 3]), ("3", "7"), "x") == ["7", "3"]
    with pytest.raises(SeqvisionError, match="labels go from 0 to 3"):
        class_names_of(np.array([0, 3]), names, "x")
