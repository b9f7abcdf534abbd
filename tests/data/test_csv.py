"""Tables of series: what is a label, a step or a time, and each mistake told with its line."""

import gzip
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from damaged import damaged

from seqvision.data import load
from seqvision.data.today import files_stamp
from seqvision.errors import DataError

GENERATOR = np.random.default_rng(0)
LENGTHS = GENERATOR.integers(2, 7, 20)
X = np.full((20, 6, 2), np.nan, np.float32)
for _one, _length in zip(X, LENGTHS, strict=True):
    _one[:_length] = GENERATOR.normal(size=(_length, 2)).astype(np.float32)
X[3, 0, 1] = X[4, 1] = np.nan
LABELS = np.array(["walk", "run"])[np.arange(20) % 2]
PEOPLE = np.arange(20) // 4


def wide():
    """Feature 0, a row a series."""
    table = pd.DataFrame(X[:, :, 0], columns=[f"t{step}" for step in range(6)])
    return table.assign(label=LABELS, subject=PEOPLE)


def long():
    """A row a step; series are s0, s1, …"""
    steps = [(n, step) for n, length in enumerate(LENGTHS) for step in range(length)]
    rows = [(f"s{n}", step, *X[n, step], LABELS[n], PEOPLE[n]) for n, step in steps]
    return pd.DataFrame(rows, columns=["id", "time", "x", "y", "label", "subject"])


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Load a table that is written so, `read(table, id="case")`, or a text or bytes as a file."""
    monkeypatch.chdir(tmp_path)

    def load_csv(table, name="mine.csv", write=None, **options):
        if isinstance(table, pd.DataFrame):
            if name.endswith("parquet"):
                table.to_parquet(name, **(write or {}))
            else:
                table.to_csv(name, **({"index": False} | (write or {})))
        elif table is not None:
            (tmp_path / name).write_bytes(table if isinstance(table, bytes) else table.encode())
        return load({"name": "csv", "path": name, **options})

    return load_csv


@pytest.fixture
def expected(npz):
    """The checksum of an archive of the same numbers, labels and groups."""

    def checksum(features):
        return npz({"kind": "series"}, x=X[:, :, :features], y=LABELS, groups=PEOPLE).checksum

    return checksum


@pytest.mark.parametrize(("table", "features"), [(wide, 1), (long, 2)])
def test_the_same_numbers_are_the_same_series(read, expected, table, features):
    same = expected(features)
    assert read(table()).checksum == same
    assert read(table(), "mine.parquet").checksum == same


@pytest.mark.parametrize(
    "write",
    [
        {"sep": ";"},
        {"sep": "\t", "lineterminator": "\r\n"},
        {"encoding": "utf-8-sig"},
        {"index": True},
        {"compression": "gzip"},
        {"na_rep": "NA"},
        {"quoting": 2},
    ],
)
@pytest.mark.parametrize(("table", "features"), [(wide, 1), (long, 2)])
def test_csv_is_read_as_people_write_it(read, expected, table, features, write):
    assert read(table(), write=write).checksum == expected(features)


def test_blank_lines_and_blanks_are_no_cells(read, expected):
    text = wide().to_csv(index=False).replace(",", ", ").replace("\n", "\n\n")
    assert read("\n" + text + ",,,,,,,\n\n").checksum == expected(1)


@pytest.mark.parametrize("table", [wide, long])
@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet"])
def test_some_rows_at_a_time(read, expected, monkeypatch, table, name):
    whole = read(table(), name).checksum
    monkeypatch.setattr("seqvision.data.tables.table._CELLS", 20)
    assert read(table(), name).checksum == whole
    broken = table()
    column = "t0" if table is wide else "x"
    broken[column] = broken[column].astype(object)
    broken.loc[17, column] = "oops"
    if name == "mine.csv":
        with pytest.raises(DataError, match=rf"mine\.csv:19: '{column}' holds 'oops', expected a"):
            read(broken)


def test_rows_of_a_series_may_be_apart_and_out_of_order(read):
    in_order = read(long())
    mixed = long().sort_values("time", kind="stable")  # Each series is in order, but in pieces.
    assert read(mixed).checksum == in_order.checksum
    shuffled = long().sample(frac=1, random_state=0)
    # Series come in the order of their first rows.
    order = [int(name[1:]) for name in shuffled["id"].unique()]
    with pytest.raises(
        DataError, match=r"mine.csv:\d+: the time \('time'\) of id 's\d+' goes back"
    ):
        read(shuffled)
    dataset = read(shuffled, sort=True)
    assert any("times go back in" in note and "first in line" in note for note in dataset.notes)
    every = [one for part in dataset.parts.values() for one in padded(part)]
    found = {tuple(one[~np.isnan(one)]) for one in every}
    assert found == {tuple(X[n][~np.isnan(X[n])]) for n in order}


def padded(split):
    return split.samples.padded(6)


def test_without_times_steps_are_in_the_order_of_rows(read, expected):
    table = long().drop(columns="time")
    dataset = read(table, layout="long")
    assert dataset.checksum == expected(2)
    assert any("in the order of its rows" in note for note in dataset.notes)
    with pytest.raises(DataError, match="id 's0' is in line 2 too, and each row is a series"):
        read(table)


def test_times_may_be_dates(read, expected):
    table = long()
    days = pd.Timestamp("2024-02-28T23:00:00.5+01:00") + pd.to_timedelta(table["time"], unit="h")
    texts = days.map(pd.Timestamp.isoformat)
    assert read(table.assign(time=texts)).checksum == expected(2)
    assert read(table.assign(time=days), "mine.parquet").checksum == expected(2)
    # 12:00 in Tokyo is before 10:00 in London.
    zones = "id,time,label,x\n"
    for name, label in zip("abcd", "pqpq", strict=True):
        zones += (
            f"{name},2024-05-01T10:00:00Z,{label},2\n{name},2024-05-01T12:00:00+09:00,{label},1\n"
        )
    assert read(zones, test=0.5, sort=True).train.samples[0][:, 0].tolist() == [1, 2]


def test_nanoseconds_are_told_apart(read, expected):
    table = long()
    table["time"] += 1_700_000_000_000_000_000
    assert read(table).checksum == expected(2)


def test_columns_may_have_other_names(read, expected):
    names = {"id": "Case", "time": "At", "label": "Kind", "subject": "Who"}
    table = long().rename(columns=names).assign(remark="free text")
    named = {"id": "Case", "time": "At", "label": "Kind", "group": "Who", "features": ["x", "y"]}
    dataset = read(table, **named)
    assert dataset.checksum == expected(2)
    table = long().rename(columns={"id": "SERIES_ID", "time": "Timestamp", "label": "CLASS"})
    dataset = read(table)
    assert dataset.checksum == expected(2)
    assert (
        "each row is a step of a series; 2 features: x, y; id is 'SERIES_ID'; time is 'Timestamp'; "
        "label is 'CLASS'; group is 'subject'" in dataset.notes
    )


def test_features_are_read_in_the_order_in_which_they_are_named(read):
    dataset = read(long(), features=["y", "x"])
    np.testing.assert_array_equal(padded(dataset.train), padded(read(long()).train)[:, :, ::-1])


def test_a_table_of_labels(read, tmp_path, caplog):
    data = long()[["id", "time", "x", "y"]].assign(id=long()["id"].str[1:].astype(int))
    rows = {"id": np.arange(21), "label": [*LABELS, "walk"], "subject": [*PEOPLE, 9]}
    pd.DataFrame(rows).sample(frac=1, random_state=0).to_csv("labels.csv", index=False)
    assert read(data, labels="labels.csv").checksum == read(long()).checksum
    assert "1 ids of labels.csv have no series: '20'" in caplog.text
    # Whole numbers are the same ids in Parquet, and where some are missing.
    pd.DataFrame(rows).astype({"id": float}).to_parquet("labels.parquet")
    assert read(data, labels="labels.parquet").checksum == read(long()).checksum
    whole = wide().assign(id=np.arange(20)).drop(columns=["label", "subject"])
    assert read(whole, labels="labels.csv").checksum == read(wide()).checksum
    old = files_stamp({"name": "csv", "path": "mine.csv", "labels": "labels.csv"})
    (tmp_path / "labels.csv").write_text("id,label\n1,a\n")
    assert files_stamp({"name": "csv", "path": "mine.csv", "labels": "labels.csv"}) != old
    with pytest.raises(DataError, match=r"mine\.csv:2: 19 of 20 ids have no label in labels\.csv"):
        read(whole, labels="labels.csv")


def test_a_column_tells_parts(read):
    parts = np.array(["Train", "test", "train", "valid"])[np.arange(20) % 4]
    dataset = read(wide().assign(split=parts, label=np.arange(20) // 2 % 2))
    assert [len(dataset.train), len(dataset.test), len(dataset.validation)] == [10, 5, 5]
    np.testing.assert_array_equal(padded(dataset.test)[:, :, 0], X[parts == "test", :, 0])
    assert dataset.validation.groups.tolist() == PEOPLE[parts == "valid"].tolist()


def test_a_table_of_test_series(read):
    train, test = long().iloc[: LENGTHS[:14].sum()], long().iloc[LENGTHS[:14].sum() :]
    test.to_csv("test.csv", index=False, columns=["y", "label", "time", "subject", "x", "id"])
    dataset = read(train, test="test.csv")
    np.testing.assert_array_equal(padded(dataset.test), X[14:])
    assert any(note.startswith("test.csv: each row is a step") for note in dataset.notes)
    stamps = {
        files_stamp({"name": "csv", "path": "mine.csv", "test": t}) for t in ("test.csv", 0.2)
    }
    assert len(stamps) == 2
    test.assign(z=1).to_csv("test.csv", index=False)
    with pytest.raises(DataError, match=r"test\.csv: has the features x, y, z \(3\), and mine"):
        read(train, test="test.csv")
    test.assign(x=np.nan, y=np.nan).to_csv("test.csv", index=False)
    with pytest.raises(DataError, match=r"test\.csv:2: test series 1 \(id 's14'\) has no obs"):
        read(train, test="test.csv")
    # Steps of a wide table are no features: there may be fewer.
    wide().iloc[14:].drop(columns="t5").to_csv("test.csv", index=False)
    np.testing.assert_array_equal(
        read(wide().iloc[:14], test="test.csv").test.samples.padded(5)[:, :, 0], X[14:, :5, 0]
    )


def test_labels_of_numbers_are_numbers(read):
    table = wide().assign(label=np.arange(20) % 2 * 2 - 1)
    assert read(table).class_names == ("-1", "1")
    with pytest.raises(DataError, match="labels go from -1 to 3"):
        read(table.assign(label=[-1, 3, *table["label"][2:]]))


ROWS = """\
id,time,label,x,y
a,1,p,1,2
a,2,p,3,
b,1,q,5,6
b,2,q,7,8
c,1,p,1,2
c,2,p,1,2
d,1,q,1,2
d,2,q,1,2
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a,2,p", "a,2,", "mine.csv:3: the label ('label') is missing"),
        ("a,2,p", ",2,p", "mine.csv:3: the id ('id') is missing"),
        ("a,2,p", "a,,p", "mine.csv:3: the time ('time') is missing"),
        ("5,6", "5,six", "mine.csv:4: 'y' holds 'six', expected a number"),
        ("5,6", '"1,5",6', "mine.csv:4: 'x' holds '1,5', expected a number"),
        ("5,6", "5,inf", "mine.csv:4: 'y' is infinite, or too large for float32: inf"),
        ("5,6", "5,-1e39", "mine.csv:4: 'y' is infinite, or too large for float32: -1e+39"),
        ("a,2,p", "a,2,q", "mine.csv:3: id 'a' has the label 'q', and 'p' in line 2"),
        ("b,2,q", "b,1,q", "mine.csv:5: id 'b' has a step of this time ('time') in line 4 already"),
        ("b,2,q", "b,1.0,q", "mine.csv:5: id 'b' has a step of this time ('time') in line 4"),
        ("b,2,q", "b,soon,q", "mine.csv:5: the time ('time') is 'soon', expected a number or a"),
        ("b,2,q", "b,2024-13-01,q", "mine.csv:5: the time ('time') is '2024-13-01', expected"),
        ("b,2,q,7,8", "b,2,q,7,8,9", "mine.csv:5: has 6 cells, and the header names 5 columns"),
        ("a,1,p,1,2", "a,1,p,1,2,9", "mine.csv:2: has 6 cells, and the header names 5 columns"),
        ("id,", "ids,", "no column is the id, which tells the series of a row; name it, `id: ...`"),
        ("label,", "kind,", "no column is the label, which each series has, unless `labels` names"),
        ("label,x,y", "label,x,x", "mine.csv: has two columns of the name 'x'"),
        ("label,x,y", "label,class,y", "'label' and 'class' may each be the label; say which"),
        (ROWS, "", "mine.csv: is empty; expected a header"),
        (ROWS[17:], "\n", "mine.csv: has no rows below its header"),
        (ROWS, "1,2,3\n4,5,6\n", "mine.csv:1: expected the columns' names, found numbers alone"),
        (ROWS, "\xff\xfe", "mine.csv: "),
    ],
)
def test_a_mistake_is_told_with_its_line(read, old, new, message):
    assert ROWS.count(old) == 1
    with pytest.raises(DataError) as error:
        read(ROWS.replace(old, new), test=0.5, time="time")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_what_is_no_text_or_no_table_is_told(read):
    with pytest.raises(DataError, match=r"mine\.csv: is not text in UTF-8"):
        read("id,label\nä,1\n".encode("latin1"))
    with pytest.raises(DataError, match=r"mine\.csv: not a CSV file, or damaged"):
        read(gzip.compress(ROWS.encode())[:40])
    with pytest.raises(DataError, match=r"mine\.csv: not a Parquet file, or damaged"):
        read(b"PAR1 and so on")
    with pytest.raises(DataError, match=r"none\.csv: no such file"):
        read(None, "none.csv")
    with pytest.raises(DataError, match="is a folder, expected a table"):
        read(None, ".")
    with pytest.raises(DataError, match="has no column 'tim'; did you mean 'time'"):
        read(ROWS, time="tim")


def test_two_labels_in_a_table_of_labels(read, tmp_path):
    data = "id,time,x\na,1,1\na,2,2\nb,1,1\n"
    (tmp_path / "labels.csv").write_text("id,label\na,p\nb,q\na,q\n")
    with pytest.raises(
        DataError, match=r"labels\.csv:4: id 'a' has the label 'q', and 'p' in line 2"
    ):
        read(data, labels="labels.csv")
    (tmp_path / "labels.csv").write_text("id,label\na,p\n")
    with pytest.raises(
        DataError, match=r"mine\.csv:4: 1 of 2 ids have no label in labels.csv: 'b'"
    ):
        read(data, labels="labels.csv")


def test_a_row_of_no_known_part(read):
    with pytest.raises(DataError, match=r"mine\.csv:3: the series is of the split 'traim', expe"):
        read(wide().assign(split=["train", "traim"] * 10))
    with pytest.raises(DataError, match="no row is of the split 'train'"):
        read(wide().assign(split="test"))


def test_a_series_without_a_value_is_told_by_file_line_and_id(read):
    table = wide()
    table.loc[4, [f"t{step}" for step in range(6)]] = np.nan
    with pytest.raises(DataError, match=r"^mine\.csv:6: training series 5 has no observed value$"):
        read(table)
    with pytest.raises(DataError, match=r"^mine\.csv:6: training series 5 \(id 'e'\) has no obs"):
        read(table.assign(id=list("abcdefghijklmnopqrst")))
    with pytest.raises(DataError, match=r"^mine\.parquet: row 5: training series 5 has no obs"):
        read(table, "mine.parquet")
    table = long()
    table.loc[table["id"] == "s7", ["x", "y"]] = np.nan
    line = 2 + LENGTHS[:7].sum()
    said = rf"^mine\.csv:{line}: training series 8 \(id 's7'\) has no observed value$"
    with pytest.raises(DataError, match=said):
        read(table)


def test_dates_and_lists_are_no_numbers(read):
    table = long().assign(y=pd.Timestamp("2024-01-01"))
    with pytest.raises(DataError, match=r"mine\.parquet: row 1: 'y' holds .*, expected a number"):
        read(table, "mine.parquet")
    with pytest.raises(DataError, match=r"mine\.parquet: row 1: 'y' holds .*, expected a number"):
        read(table.assign(y=[[1, 2]] * len(table)), "mine.parquet")


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_memory_stays_near_the_size_of_the_file(read, tmp_path, layout):
    values = np.random.default_rng(0).normal(size=(60_000, 4)).round(6)
    if layout == "wide":
        table = pd.DataFrame(values.reshape(600, 400)).assign(label=np.arange(600) % 2)
    else:
        table = pd.DataFrame(values, columns=list("wxyz"))
        table = table.assign(id=np.arange(60_000) // 50, time=np.arange(60_000) % 50)
        table["label"] = table["id"] % 2
    read(table, test=0.5)  # What is imported on the way does not count.
    tracemalloc.start()
    read(None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # At a time, rows are 4 MB of float64 and their text.
    assert peak - 8_000_000 < 3 * (tmp_path / "mine.csv").stat().st_size


@pytest.mark.parametrize("name", ["mine.csv", "mine.parquet", "mine.csv.gz"])
@pytest.mark.parametrize("table", [wide, long])
def test_damaged_tables_are_read_or_told(read, tmp_path, table, name):
    read(table(), name)
    for variant in damaged((tmp_path / name).read_bytes()):
        try:
            read(variant, name)
        except DataError as error:
            assert name in str(error) and "\n" not in str(error)


def test_damaged_labels_are_read_or_told(read, tmp_path):
    data = long()[["id", "time", "x", "y"]]
    rows = pd.DataFrame({"id": [f"s{n}" for n in range(20)], "label": LABELS, "group": PEOPLE})
    for variant in damaged(rows.to_csv(index=False).encode()):
        (tmp_path / "labels.csv").write_bytes(variant)
        try:
            read(data, labels="labels.csv")
        except DataError as error:
            assert "\n" not in str(error)
