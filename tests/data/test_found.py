"""What reads one's own files is found by what lies there, and does read them."""

import wave

import numpy as np
import pytest
from PIL import Image

from seqvision.data.found import dataset_at
from seqvision.data.loading import load
from seqvision.errors import DataError

X = np.arange(10 * 6 * 4).reshape(10, 6, 4) % 251
Y = np.arange(10) % 2


GRAY = X[..., None].repeat(3, -1).astype("uint8")


def pictures(folder, pixels=GRAY):
    for n, each in enumerate(pixels):
        path = folder / ("cat", "dog")[n % 2] / f"{n}.png"
        path.parent.mkdir(exist_ok=True, parents=True)
        Image.fromarray(each).save(path)


def sound(folder):
    for n in range(10):
        part = "train" if n < 6 else "test"
        path = folder / part / ("low", "high")[n % 2] / f"{n}.wav"
        path.parent.mkdir(exist_ok=True, parents=True)
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
            file.writeframes((1000 * np.sin(np.arange(4000) / (n + 1))).astype("<i2").tobytes())


def lines(*texts):
    return lambda path: path.write_text("\n".join([*texts, ""]))


TABLE = ["id,time,label,x", *(f"{n},{t},{n % 2},{n + t}" for n in range(10) for t in range(3))]
TS = ["@problemName p", "@timeStamps false", "@classLabel true a b", "@data"]
TS += [f"{n},2,3:{'ab'[n % 2]}" for n in range(10)]


@pytest.mark.parametrize(
    ("name", "write", "spec", "shape"),
    [
        (
            "pictures",
            pictures,
            {"name": "image_folder", "size": [6, 4], "color": "grayscale"},
            (6, 4),
        ),
        ("sound", sound, {"name": "wav_folder"}, None),
        ("table.csv", lines(*TABLE), {"name": "csv"}, (None, 1)),
        ("all.ts", lines(*TS), {"name": "ts"}, (None, 1)),
        (
            "table.tsv",
            lines(*(row.replace(",", "\t") for row in TABLE)),
            {"name": "csv"},
            (None, 1),
        ),
        (
            "gaps.tsv",
            lines(*("ab"[n % 2] + f"\t?\t{n}\t" for n in range(10))),
            {"name": "tsv"},
            None,
        ),
        ("all.tsv", lines(*(f"{n % 2}\t{n}\t3" for n in range(10))), {"name": "tsv"}, (None, 1)),
        ("i.npz", lambda p: np.savez(p, x=X.astype("uint8"), y=Y), {"name": "npz"}, (6, 4)),
        (
            "s.npz",
            lambda p: np.savez(p, y=Y, x=X / 7),
            {"name": "npz", "kind": "series"},
            (None, 4),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_found_reads_it(name, write, spec, shape, tmp_path):
    write(tmp_path / name)
    found, series = dataset_at(tmp_path / name)
    assert found == {**spec, "path": str(tmp_path / name)}
    dataset = load(found)
    assert series == (len(dataset.input_shape) == 2 and dataset.input_shape[0] is None)
    assert len(dataset.train.labels) + len(dataset.test.labels) == 10
    if shape:
        assert dataset.input_shape == shape


def test_pictures_are_shrunk_and_keep_their_colour_and_shape(tmp_path):
    red = np.zeros((1, 300, 150, 3), "uint8")
    red[..., 0] = 200
    pictures(tmp_path, red)
    found, _ = dataset_at(tmp_path)
    assert (found["size"], found["color"]) == ([64, 32], "rgb")


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("0.csv", ("x,y", "1,2", "3,4")),
        ("0.tsv", ("x\ty", "1\t2", "3\t4")),
        ("0.tsv", ("x", "1", "3")),
    ],
)
def test_tables_in_folders_are_series_each(name, rows, tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        lines(*rows)(tmp_path / label / name)
    assert dataset_at(tmp_path) == ({"name": "csv_folder", "path": str(tmp_path)}, True)


@pytest.mark.parametrize("place", ["a.csv", "deep/a.csv"])
def test_a_table_in_a_folder_is_the_file(tmp_path, place):
    (tmp_path / place).parent.mkdir(exist_ok=True)
    lines(*TABLE)(tmp_path / place)
    assert dataset_at(tmp_path)[0] == {"name": "csv", "path": str(tmp_path / place)}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"words", "found no pictures, WAV files"),
        ("a.npz", b"words", "not an .npz file"),
        ("gone", None, "no such file or folder"),
        ("folder/a.png", b"words", "cannot be read"),
    ],
)
def test_what_is_not_found_is_said(name, content, message, tmp_path):
    if content:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        dataset_at(tmp_path / name.partition("/")[0])
