"""Pictures in folders: which are read, as what, and what is passed over."""

import logging
import shutil

import numpy as np
import pytest
from PIL import Image

from seqvision.data import load
from seqvision.errors import DataError


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
    np.testing.assert_array_equal(dataset.train.samples[:, 0, 0, 0], reds)
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
    assert (dataset.train.samples[0, 0, 0], dataset.test.samples[0, 0, 0]) == (10, 20)
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


def write(path, value=200, kind="PNG"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (5, 5), value).save(path, kind)


def folder_of(path, **options):
    return load({"name": "image_folder", "path": str(path), "size": [5, 5], **options})


@pytest.fixture
def messy(tmp_path):
    """Ten pictures of two classes, and what gathers beside them."""
    for name, value in (("cat", 40), ("dog", 200)):
        write(tmp_path / name / "a.jfif", value, "JPEG")
        write(tmp_path / name / "no_ending", value)
        write(tmp_path / name / "wrong.txt", value, "BMP")
        write(tmp_path / name / "deep" / "deeper" / "b.png", value)
        write(tmp_path / name / "c.PNG", value)
        write(tmp_path / name / ".ipynb_checkpoints" / "c-checkpoint.png")
        write(tmp_path / name / "__MACOSX" / "c.png")
        for junk in ("._c.png", ".DS_Store", "Thumbs.db", "desktop.ini"):
            (tmp_path / name / junk).write_bytes(b"\0\5\x16\7")
        (tmp_path / name / "notes.txt").write_text("BMI of cats")
    write(tmp_path / "__MACOSX" / "cat" / "._a.png")
    (tmp_path / ".DS_Store").write_bytes(b"")
    return tmp_path


def test_all_pictures_are_read_and_nothing_else(messy, caplog):
    caplog.set_level(logging.INFO, "seqvision")
    dataset = folder_of(messy)
    assert dataset.class_names == ("cat", "dog")
    assert (len(dataset.train), len(dataset.test)) == (8, 2)
    np.testing.assert_array_equal(
        dataset.train.samples[:, 0, 0], np.where(dataset.train.labels == 1, 200, 40)
    )
    (line,) = [note for note in dataset.notes if note.startswith("pictures read: 10")]
    assert line.startswith("pictures read: 10, 2 of them in folders within a class's; passed over")
    assert "2 not pictures (cat/notes.txt, dog/notes.txt)" in line
    assert "14 left by the system (.DS_Store, __MACOSX, cat/" in line
    assert [r.levelname for r in caplog.records if line in r.getMessage()] == ["INFO"]


def test_pictures_of_no_class_are_said_loudly(messy, caplog):
    write(messy / "loose.png")
    assert len(folder_of(messy).train) == 8
    assert "1 in no folder of a class (loose.png)" in caplog.text


def test_a_folder_that_leads_back_is_not_followed(messy):
    (messy / "cat" / "again").symlink_to(messy, target_is_directory=True)
    assert len(folder_of(messy).train) == 8


@pytest.mark.parametrize(
    "names",
    [("train", "val", "test"), ("Training", "validation", "Testing"), ("train", "valid", "test")],
)
def test_a_validation_folder_is_validated_with(tmp_path, names):
    for part, count in zip(names, (3, 2, 1), strict=True):
        for name in ("cat", "dog"):
            for i in range(count):
                write(tmp_path / part / name / f"{i}.png", 100 + count)
    write(tmp_path / "extra" / "cat" / "x.png")
    dataset = folder_of(tmp_path)
    assert [len(s) for s in (dataset.train, dataset.validation, dataset.test)] == [6, 4, 2]
    assert dataset.validation.samples[0, 0, 0] == 102
    assert any("1 in no folder of a class (extra/cat/x.png)" in note for note in dataset.notes)
    write(tmp_path / names[1] / "cow" / "x.png")
    with pytest.raises(DataError, match="class 'cow' has no training pictures"):
        folder_of(tmp_path)
    shutil.rmtree(tmp_path / names[1])
    (tmp_path / names[1] / "cat").mkdir(parents=True)
    with pytest.raises(DataError, match="holds no pictures"):
        folder_of(tmp_path)


def test_two_folders_for_one_part_are_refused(tmp_path):
    for part in ("train", "val", "valid", "test"):
        write(tmp_path / part / "cat" / "a.png")
        write(tmp_path / part / "dog" / "a.png")
    with pytest.raises(DataError, match="val/ and valid/ are two for one part"):
        folder_of(tmp_path)


def test_valid_and_invalid_are_classes(tmp_path):
    for name in ("valid", "invalid"):
        for i in range(5):
            write(tmp_path / name / f"{i}.png")
    assert folder_of(tmp_path).class_names == ("invalid", "valid")


def test_what_pictures_needed_is_said(tmp_path, caplog):
    caplog.set_level(logging.INFO, "seqvision")
    exif = Image.Exif()
    exif[0x0112] = 3
    for name, value in (("cat", 40), ("dog", 200)):
        for i in range(5):
            write(tmp_path / name / f"{i}.png", value)
    Image.new("LA", (5, 5), (40, 128)).save(tmp_path / "cat" / "clear.png")
    Image.new("LA", (5, 5), (255, 128)).save(tmp_path / "cat" / "white.png")
    Image.new("L", (5, 5)).save(tmp_path / "cat" / "turned.png", exif=exif)
    Image.fromarray(np.full((5, 5), 40000, np.uint16)).save(tmp_path / "cat" / "deep.png")
    frames = [Image.new("L", (5, 5), 9)]
    Image.new("L", (5, 5)).save(tmp_path / "cat" / "a.gif", save_all=True, append_images=frames)
    notes = folder_of(tmp_path).notes
    for expected in (
        "2 transparent: laid on white (`background: black` is the other)",
        "1 transparent: all white on white; `background: black`?",
        "1 turned upright, as their EXIF says",
        "1 of several frames: the first is read",
        "1 of more than 8 bits: white is 65535",
    ):
        assert expected in notes and expected in caplog.text
    assert not any("all black" in note for note in folder_of(tmp_path, background="black").notes)


def test_pictures_of_0_and_1_are_black_and_white(tmp_path, caplog):
    """The same pixels as in an .npz file are the same images."""
    for name in ("cat", "dog"):
        for i in range(5):
            write(tmp_path / name / f"{i}.png", int(name == "dog"))
    dataset = folder_of(tmp_path)
    np.testing.assert_array_equal(dataset.train.samples[:, 0, 0], dataset.train.labels * 255)
    assert dataset.scale == "0..1"
    assert "no pixel is above 1 of 255: 0..1 is taken for black to white" in caplog.text
    assert np.max(folder_of(tmp_path, pixels="0..255").train.samples) == 1
    write(tmp_path / "cat" / "5.png", 3)
    assert np.max(folder_of(tmp_path).train.samples) == 3
    assert "the brightest pixel of all is 3 of 255" in caplog.text
    dataset = folder_of(tmp_path, pixels="0..3")
    assert (np.max(dataset.train.samples), dataset.scale) == (255, "0..3")
