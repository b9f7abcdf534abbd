"""The archives' problems by name: in a folder, in a wheel, or nowhere."""

import gzip
import sys
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from seqvision.data import load
from seqvision.errors import DataError, DataUnavailable

TS = "@classLabel true b a\n@data\n1,2:a\n3:b\n"
TSV = "1\t1\t2\n2\t3\tNaN\n"
ARFF = "@attribute t1 real\n@attribute t2 real\n@attribute c {b,a}\n@data\n1,2,a\n3,?,b\n"


def problem(name):
    return load({"name": "archive", "problem": name})


def wheel_of(name):
    """The folder of a problem in an installed wheel; without one the test is skipped."""
    for package in ("aeon", "sktime"):
        spec = find_spec(package)
        for root in (spec and spec.submodule_search_locations) or ():
            folder = Path(root) / "datasets" / "data" / name
            if (folder / f"{name}_TRAIN.ts").is_file():
                return folder
    pytest.skip(f"no installed wheel of aeon or sktime holds {name}")


@pytest.mark.parametrize(
    ("name", "cases", "channels", "lengths", "classes"),
    [
        ("JapaneseVowels", (270, 370), 12, (7, 29), 9),
        ("PLAID", (537, 537), 1, (100, 1344), 11),
        ("PickupGestureWiimoteZ", (50, 50), 1, (29, 361), 10),
        ("BasicMotions", (40, 40), 6, (100, 100), 4),
        ("ItalyPowerDemand", (67, 1029), 1, (24, 24), 2),
        ("GunPoint", (50, 150), 1, (150, 150), 2),
        ("ArrowHead", (36, 175), 1, (251, 251), 3),
        ("OSULeaf", (200, 242), 1, (427, 427), 6),
        ("ACSF1", (100, 100), 1, (1460, 1460), 10),
    ],
)
def test_problems_of_the_wheels_are_of_the_published_sizes(name, cases, channels, lengths, classes):
    """As timeseriesclassification.com lists them; values and labels as the raw text has them."""
    folder = wheel_of(name)
    dataset = problem(name)
    every = np.concatenate([part.samples.lengths for part in dataset.parts.values()])
    assert (len(dataset.train), len(dataset.test)) == cases
    assert (every.min(), every.max()) == lengths
    assert (dataset.input_shape, dataset.num_classes) == ((None, channels), classes)
    for split, part in ((dataset.train, "TRAIN"), (dataset.test, "TEST")):
        lines = (folder / f"{name}_{part}.ts").read_text(encoding="latin-1").splitlines()
        rows = [line.split(":") for line in lines[lines.index("@data") + 1 :] if line.strip()]
        labels = [dataset.class_names[label] for label in split.labels]
        assert Counter(labels) == Counter(row[-1].strip() for row in rows)
        for place in (0, len(rows) // 2, -1):
            raw = [[float(value) for value in channel.split(",")] for channel in rows[place][:-1]]
            np.testing.assert_array_equal(split.samples[place], np.float32(raw).T)
    assert f"{name}_TRAIN.ts and {name}_TEST.ts of " in dataset.source


def test_the_packages_of_the_wheels_are_not_imported():
    wheel_of("GunPoint")
    problem("GunPoint")
    assert not {"aeon", "sktime", "numba"} & set(sys.modules)


def test_the_other_formats_hold_what_ts_holds():
    folder = wheel_of("GunPoint")
    expected = problem("GunPoint").train
    for ending in ("arff", "tsv"):
        path = folder / f"GunPoint_TRAIN.{ending}"
        if not path.is_file():
            pytest.skip(f"the wheel holds no {path.name}")
        dataset = load({"name": ending, "path": str(path), "test": 0.02})
        assert dataset.class_names == ("1", "2")
        whole = {one.tobytes() for part in dataset.parts.values() for one in part.samples}
        assert whole == {one.tobytes() for one in expected.samples}


@pytest.fixture
def no_wheels(monkeypatch):
    monkeypatch.setattr(import_module("seqvision.data.archive"), "_WHEELS", ())


def write(root, folder, ending, text):
    (root / folder).mkdir(parents=True)
    name = Path(folder).name
    for part in ("TRAIN", "TEST"):
        content = text.encode()
        path = root / folder / f"{name}_{part}{ending}"
        path.write_bytes(gzip.compress(content) if ending.endswith(".gz") else content)


@pytest.mark.parametrize(
    ("folder", "ending", "text"),
    [
        ("archive/Walks", ".ts", TS),
        ("Multivariate_ts/Walks", ".ts", TS),
        ("Univariate_ts/Walks", ".ts.gz", TS),
        ("UCRArchive_2018/Walks", ".tsv", TSV),
        ("Univariate_arff/Walks", ".arff", ARFF),
        ("Walks", ".txt", TSV.replace("\t", "  ")),
    ],
)
@pytest.mark.usefixtures("no_wheels")
def test_where_a_problem_may_lie(tmp_path, monkeypatch, folder, ending, text):
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    (tmp_path / "other").mkdir()
    write(tmp_path, folder, ending, text)
    dataset = problem("Walks")
    assert (dataset.name, dataset.kind) == ("Walks", "series")
    np.testing.assert_array_equal(dataset.train.labels, [1, 0] if "@" in text else [0, 1])
    np.testing.assert_array_equal(dataset.train.samples[0], [[1], [2]])
    place = folder.rpartition("/")[0]
    assert dataset.source == (
        f"Walks_TRAIN{ending} and Walks_TEST{ending} in $SEQVISION_DATA/{place}".rstrip("/")
    )


@pytest.mark.usefixtures("no_wheels")
def test_of_several_places_and_formats_the_first_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    write(tmp_path, "archive/Walks", ".ts", TS)
    write(tmp_path, "UCRArchive_2018/Walks", ".tsv", TSV)
    (tmp_path / "archive/Walks/Walks_TRAIN.arff").write_text(ARFF)
    assert problem("Walks").source.endswith("_TEST.ts in $SEQVISION_DATA/archive")
    (tmp_path / "archive/Walks/Walks_TEST.ts").unlink()
    assert problem("Walks").source.endswith("_TEST.tsv in $SEQVISION_DATA/UCRArchive_2018")


@pytest.mark.usefixtures("no_wheels")
def test_a_problem_that_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(DataUnavailable) as none:
        problem("Walks")
    message = str(none.value)
    assert "problem 'Walks' is not on this machine (there are: none)" in message
    assert "Walks_TRAIN.ts and Walks_TEST.ts into $SEQVISION_DATA/archive/Walks/" in message
    assert "pip install 'seqvision[archive]'" in message
    assert "offline: digit-outlines" in message and "go online" not in message
    monkeypatch.setenv("SEQVISION_DATA", str(tmp_path))
    write(tmp_path, "archive/Walks", ".ts", TS)
    write(tmp_path, "archive/Costs", ".ts", "@targetLabel true\n@data\n1:2.5\n")
    (tmp_path / "archive" / "a_file").write_text("")
    with pytest.raises(DataUnavailable, match=r"did you mean 'Walks'\? \(there are: Walks\)"):
        problem("walk")
    with pytest.raises(DataUnavailable, match="is not on this machine"):
        problem("../archive/Walks")
    with pytest.raises(DataError, match=r"Costs_TRAIN.ts:1: its labels are numbers to predict"):
        problem("Costs")


@pytest.mark.usefixtures("no_wheels")
def test_another_dataset_stands_in_for_a_problem(caplog):
    dataset = load({"name": "archive", "problem": "Walks"}, "digit-outlines")
    assert dataset.stands_in_for == "archive"
    assert "'Walks' is not on this machine (there are: none). USING digit-outlines" in caplog.text
