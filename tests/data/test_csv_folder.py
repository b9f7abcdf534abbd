"""A table a series in a folder a class: the data of one long table, and mistakes by file."""

import gzip

import numpy as np
import pandas as pd
import pytest

from seqvision.data import load
from seqvision.data.today import files_stamp
from seqvision.errors import DataError

CLASSES = ("run", "walk")


def series():
    """By class and number: 10 series each of 2 to 6 steps, with gaps, and who moved."""
    generator = np.random.default_rng(0)
    for name in CLASSES:
        for n in range(10):
            length = generator.integers(2, 7)
            table = pd.DataFrame(
                generator.normal(size=(length, 2)).astype("f4"), columns=["x", "y"]
            )
            table.loc[length - 1, "y"] = np.nan
            yield name, n, table.assign(time=np.arange(length) / 10, person=f"p{n // 2}")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of tables, of several kinds and orders of columns."""
    monkeypatch.chdir(tmp_path)
    for name, n, table in series():
        file = tmp_path / "moves" / name / f"{n}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        if n == 1:
            table[["person", "y", "time", "x"]].to_parquet(file.with_suffix(".parquet"))
        elif n == 2:
            text = table[["y", "x", "person", "time"]].to_csv(index=False, sep=";")
            file.with_suffix(".csv.gz").write_bytes(gzip.compress(text.encode()))
        elif n == 3:
            (file.parent / "deep").mkdir()
            table.to_csv(file.parent / "deep" / "3.tsv", index=False, sep="\t")
        else:
            table.to_csv(file, index=False)
    return tmp_path / "moves"


def load_folder(**options):
    return load({"name": "csv_folder", "path": "moves", **options})


def test_it_is_what_one_long_table_of_the_same_is(folder):
    in_order = sorted(series(), key=lambda each: (each[0], each[1] == 3, each[1]))
    # Files in folders come after those beside these.
    table = pd.concat(
        each.assign(id=f"{name}{n}", label=name) for name, n, each in in_order
    ).rename(columns={"person": "group"})
    table.to_csv("long.csv", index=False)
    expected = load({"name": "csv", "path": "long.csv", "features": ["x", "y"]})
    found = load_folder(group="person", features=["x", "y"])
    assert found.checksum == expected.checksum
    assert (found.class_names, found.features) == (CLASSES, ("x", "y"))
    assert found.train.groups is not None and found.input_shape == (None, 2)
    assert not {*found.train.groups.tolist()} & {*found.test.groups.tolist()}
    assert load_folder(time="time", group="person").checksum == found.checksum


def test_parts_that_a_person_made(folder):
    for part in ("train", "val"):
        for name in CLASSES:
            (folder / part / name).mkdir(parents=True)
    for name in CLASSES:
        files = sorted(file for file in (folder / name).rglob("*") if file.is_file())
        for n, file in enumerate(files):
            file.rename(folder / ("train" if n else "val") / name / file.name)
    with pytest.raises(DataError, match="lacks the folder test/"):
        load_folder(group="person")
    (folder / "val").rename(folder / "test")
    found = load_folder(features=["x", "y"])
    assert (len(found.train.labels), found.test.labels.tolist()) == (18, [0, 1])


def test_what_is_decided_is_said_once(folder, caplog):
    (folder / "walk" / "readme.txt").write_text("Made on a Monday.")
    (folder / "lost.csv").write_text("x,y\n1,2\n")
    caplog.set_level("INFO")
    load_folder(features=["x", "y"])
    (said,) = (r.getMessage() for r in caplog.records if "tables read" in r.getMessage())
    assert "tables read: 20, 2 of them in folders" in said
    assert "in no folder of a class (lost.csv)" in said and "(walk/readme.txt)" in said
    assert sum("each row is a step" in record.getMessage() for record in caplog.records) == 1


def test_its_files_are_watched(folder):
    before = files_stamp({"name": "csv_folder", "path": "moves"})
    (folder / "walk" / "10.csv").write_text("x,y,time,person\n1,2,0,p9\n")
    assert files_stamp({"name": "csv_folder", "path": "moves"}) != before


def test_columns_that_say_what_the_folder_does_are_no_features(folder, caplog):
    for file in folder.rglob("*.*"):
        if file.suffix != ".csv":
            file.unlink()
        else:
            table = pd.read_csv(file).drop(columns="person")
            table.assign(id=file.stem, label=file.parent.name).to_csv(file, index=False)
    found = load_folder()
    assert found.features == ("x", "y")
    assert any("columns passed over: id, label" in r.getMessage() for r in caplog.records)


HEAD = "x,y,time,person\n"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        (HEAD, {}, "walk/9.csv: has no rows below its header"),
        ("", {}, "walk/9.csv: "),
        (HEAD + "1,2,1,p\n3,4,0,p\n", {}, "walk/9.csv:3: the time .* of the series goes back"),
        (
            HEAD + "1,2,1,p\n3,4,1,p\n",
            {"sort": True},
            "walk/9.csv:3: the series has a step of this",
        ),
        (HEAD + "1,two,1,p\n", {}, "walk/9.csv:2: 'y' holds 'two', expected a number"),
        (HEAD + "1,2,0,p\n3,4,1,q\n", {}, "walk/9.csv:3: the series has the group 'q', and 'p' in"),
        ("x,z,time,person\n1,2,0,p\n", {}, "walk/9.csv: has the features x, z .*run/0.csv has"),
        (
            "x,y,person\n1,2,p\n",
            {},
            "only one of this file and .*run/0.csv has a column of the time",
        ),
        (HEAD + ",,0,p\n", {}, "walk/9.csv: training series 18 has no observed value"),
        (HEAD + "1,2,0,p\n", {"group": "team"}, "run/0.csv: has no column 'team'"),
    ],
)
def test_a_mistake_is_told_with_its_file(folder, text, options, message):
    (folder / "walk" / "9.csv").write_text(text)
    for file in (folder / "run" / "deep", folder / "walk" / "deep"):
        (file / "3.tsv").unlink()
    with pytest.raises(DataError, match=message):
        load_folder(**{"group": "person", **options})


def test_times_that_go_back_are_sorted_if_asked_for(folder, caplog):
    before = load_folder(group="person").checksum
    for file in (folder / "walk" / "7.csv", folder / "walk" / "9.csv"):
        pd.read_csv(file).iloc[::-1].to_csv(file, index=False)
    assert load_folder(group="person", sort=True).checksum == before
    (said,) = (r.getMessage() for r in caplog.records if "go back" in r.getMessage())
    assert "walk/7.csv: times go back" in said and said.endswith("(and the like of 1 more)")


def test_a_folder_is_no_table(folder):
    with pytest.raises(DataError, match=r"is a folder, expected a table.*`csv_folder`"):
        load({"name": "csv", "path": "moves"})
