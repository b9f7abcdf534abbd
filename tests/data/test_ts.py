"""The archives' .ts format: what its description says, and what files hold in spite of it."""

import gzip

import numpy as np
import pytest

from seqvision.data import load
from seqvision.data.today import files_stamp
from seqvision.errors import DataError

NAN = np.nan
HEADER = (
    "@problemName Walks\n@timeStamps false\n@univariate false\n@classLabel true walk run\n@data\n"
)
TWO = "1,2,3:4,5,6:walk\n-1.5,2e-1:+4,.5E1:run\n7,8,9:1,2,3:walk\n6,5:4,3:run\n"


@pytest.fixture
def ts(tmp_path):
    """Load a file of a text or bytes, with options."""

    def load_ts(content, name="mine.ts", **options):
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        return load({"name": "ts", "path": str(tmp_path / name), "test": 0.5, **options})

    return load_ts


def every(dataset):
    """All series of a dataset, each with its class."""
    return [
        (np.asarray(split.samples[n]), dataset.class_names[split.labels[n]])
        for split in dataset.parts.values()
        for n in range(len(split))
    ]


def series(dataset, first):
    """The one series that begins with a value."""
    return next(one for one, _ in every(dataset) if one[0, 0] == first)


def test_series_of_two_channels_and_unequal_length(ts):
    dataset = ts(HEADER + TWO)
    assert (dataset.name, dataset.kind, dataset.input_shape) == ("ts:mine", "series", (None, 2))
    assert dataset.class_names == ("walk", "run")  # As declared, not by the alphabet.
    assert sorted(label for _, label in every(dataset)) == ["run", "run", "walk", "walk"]
    np.testing.assert_array_equal(series(dataset, 1), [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(series(dataset, -1.5), np.float32([[-1.5, 4], [0.2, 5]]))
    assert dataset.notes == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: b"# Caf\xe9 of walks\n%\n\n" + text.encode() + b"\n# The end.\n",
        lambda text: text.replace(",", " , ").replace(":", "\t:\t").encode(),
        lambda text: text.replace("@timeStamps false\n", "").encode(),
        lambda text: text.replace("@classLabel", "@CLASS_LABELS\t").encode(),
        lambda text: ("@missing false\n" + text.replace("@problemName Walks\n", "")).encode(),
    ],
)
def test_the_same_written_otherwise(ts, change):
    dataset = ts(change(HEADER + TWO))
    assert dataset.checksum == ts(HEADER + TWO).checksum
    assert dataset.class_names == ("walk", "run")
    assert dataset.notes == ()


def test_gaps(ts):
    dataset = ts("@classLabel true a b\n@data\n1,?,3:a\n2,NaN,4,nan:b\n3: a\n4,?,?,?:b\n")
    np.testing.assert_array_equal(series(dataset, 1)[:, 0], [1, NAN, 3])
    np.testing.assert_array_equal(series(dataset, 2)[:, 0], [2, NAN, 4])
    assert len(series(dataset, 4)) == 1


def test_labels_with_question_marks_and_of_other_alphabets(ts):
    text = "@classLabel true who? ? вверх\n@data\n" + "1,?:who?\n2:?\n3:вверх\n" * 2
    dataset = ts(text)
    assert dataset.class_names == ("who?", "?", "вверх")
    assert ts(b"@data\n" + "1:thé\n2:café\n".encode("latin-1") * 2).class_names == ("café", "thé")


def test_headers_that_lie_are_told_and_the_data_is_believed(ts):
    header = (
        "@problemName X\n@timestamps true\n@missing false\n@univariate true\n"
        "@dimensions 99999999999\n@equalLength true\n@seriesLength 2\n"
        "@classLabel true walk swim run\n@data\n"
    )
    dataset = ts(header + TWO.replace("4,5,6", "4,?,6"))
    assert dataset.checksum == ts(HEADER + TWO.replace("4,5,6", "4,?,6")).checksum
    text = " ".join(dataset.notes)
    for said in (
        "@dimension is 2, not 99999999999",
        "@univariate is false, not true",
        "@equallength is false, not true",
        "@serieslength is 3, not 2",
        "@timestamp is false, not true",
        "@missing is true, not false",
        "mine.ts: declares classes of which there is no series: swim",
    ):
        assert said in text


def test_classes_that_are_not_declared_are_sorted(ts, caplog):
    dataset = ts(HEADER.replace("walk run", "walk ran") + TWO)
    assert dataset.class_names == ("run", "walk")
    assert "classes that it does not declare: run" in caplog.text
    assert ts("@data\n" + "1:10\n1:9\n1:x\n" * 2).class_names == ("9", "10", "x")


def test_lines_before_the_data_that_are_no_tags_are_told(ts, caplog):
    dataset = ts("A set of walks.\n1,2:walk\n" + HEADER + TWO)
    assert dataset.checksum == ts(HEADER + TWO).checksum
    assert "2 lines, such as line 1, that are neither tags nor comments" in caplog.text


def test_channels_of_unequal_length_end_in_gaps(ts):
    dataset = ts("@data\n1,2,3:4:a\n2,3:4,5:b\n3,4::a\n4:5:b\n")
    np.testing.assert_array_equal(series(dataset, 1), [[1, 4], [2, NAN], [3, NAN]])
    np.testing.assert_array_equal(series(dataset, 3), [[3, NAN], [4, NAN]])
    assert "mine.ts: 2 series have channels of unequal length" in dataset.notes[0]


def test_times_with_signs_and_exponents(ts, caplog):
    dataset = ts(
        "@timeStamps true\n@data\n(-1e1,1),(-.5,-2.5E-1),(+3,?):a\n(0,2) , (1,3):b\n"
        "(2000-02-29,3),(2000-02-29 10:00:00,4):a\n(2,14),(1,13),(-3,12):b\n"
    )
    np.testing.assert_array_equal(series(dataset, 1)[:, 0], [1, -0.25])
    np.testing.assert_array_equal(series(dataset, 3)[:, 0], [3, 4])
    np.testing.assert_array_equal(series(dataset, 12)[:, 0], [12, 13, 14])
    assert "the times of 1 series went back: sorted" in caplog.text


def test_channels_with_times_of_their_own_share_all_times(ts):
    dataset = ts(
        "@data\n(1,1),(3,2):(2,5),(1,4),(4,6):a\n():(1,2):b\n(5,3),(5,4):(5,3),(5,4):a\n(1,9):(2,9):b"
    )
    np.testing.assert_array_equal(series(dataset, 1), [[1, 4], [NAN, 5], [2, NAN], [NAN, 6]])
    np.testing.assert_array_equal(series(dataset, 3), [[3, 3], [4, 4]])
    assert any(np.array_equal(one, [[NAN, 2]], equal_nan=True) for one, _ in every(dataset))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "1,2,x:1,2,3:walk",
            r"mine.ts:7: channel 1, value 3: expected a number, NaN or \?, got 'x'",
        ),
        ("1,2:1,,3:walk", "mine.ts:7: channel 2, value 2: expected a number, NaN or"),
        ("1,1_000:1,2:walk", "channel 1, value 2: expected a number"),
        (
            "1,1e39:1,2:walk",
            "channel 1, value 2: expected a number that float32 can hold, got '1e39'",
        ),
        ("1,-inf:1,2:walk", "expected a number that float32 can hold, got '-inf'"),
        ("1,2:walk", "mine.ts:7: 1 channel, expected 2 channels as in line 6"),
        ("1,2,3", "mine.ts:7: expected channels and a label, parted by ':'"),
        ("1,2:1,2:", "mine.ts:7: the label is missing"),
        ("1,2:1,2:?", "mine.ts:7: the label is missing"),
        ("?,NaN:?,?:walk", "mine.ts:7: the series has no observed value"),
        ("(1,2),(2,3:(1,2),(2,3):walk", r"channel 1, value 2: expected \(time,value\), got"),
        ("(1,2):(x,3):walk", "channel 2: expected times as numbers or as YYYY-MM-DD HH:MM:SS"),
        ("(1,2):(2001-02-30,3):walk", r"expected times as numbers or .*'2001-02-30'"),
        ("(1,2):(2001-02-03,3):walk", "times are numbers in one channel and dates in another"),
        ("(1,2),(1,3):(2,3):walk", "channel 1: two values at the time 1"),
        ("1,2:\0,2:walk", "mine.ts:7: no text: there is a zero byte"),
    ],
)
def test_a_line_that_is_wrong_is_told_with_its_number(ts, line, message):
    with pytest.raises(DataError, match=message):
        ts(HEADER + f"1,2:3,4:run\n{line}\n" + TWO)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expected a line @data before the series, found none"),
        (HEADER, "there are no series"),
        (HEADER.replace("@data\n", "") + TWO, "expected a line @data"),
        (HEADER.replace("true walk run", "false") + TWO, "mine.ts:4: @classLabel false"),
        ("@targetLabel true\n@data\n1:2.5\n", "mine.ts:1: its labels are numbers to predict"),
        (HEADER.encode("utf-16"), "text of 16 bits a character; save it as UTF-8"),
        (gzip.compress((HEADER + TWO).encode())[:-12], "cannot be read"),
    ],
)
def test_a_file_that_is_no_set_of_series(ts, content, message):
    with pytest.raises(DataError, match=message):
        ts(content)


def test_a_label_of_any_length_is_no_label(ts):
    with pytest.raises(DataError, match=r"mine.ts:2: expected a label, got '0.5,0.5"):
        ts("@data\n1:" + "0.5," * 60 + "0.5\n")


def test_what_a_packed_file_unpacks_to_is_bounded(ts, monkeypatch):
    monkeypatch.setattr("seqvision.data.archives.text_lines._LARGEST", 100_000)
    with pytest.raises(DataError, match="unpacks to more than 100,000 bytes"):
        ts(gzip.compress(HEADER.encode() + b"#\n" * 100_000))
    monkeypatch.setattr("seqvision.data.archives.text_lines.LONGEST", 1000)
    with pytest.raises(DataError, match=r"mine.ts:1: a line longer than 1,000 bytes"):
        ts(b"#" * 2000)


def test_memory_that_padding_would_take_is_checked_first(ts, monkeypatch):
    from seqvision import memory
    from seqvision.errors import SeqvisionError

    monkeypatch.setattr(memory, "total_memory", lambda: 1_000_000)
    line = ",".join("1" * 1000) + ":1" * 300 + ":a\n"
    with pytest.raises(SeqvisionError, match=r"mine.ts:2: channels of up to 1,000 steps would"):
        ts("@data\n" + line)


def write(folder, *names, text=HEADER + TWO):
    folder.mkdir(exist_ok=True)
    for name in names:
        content = text.encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


def loaded(path, **options):
    return load({"name": "ts", "path": str(path), **options})


@pytest.mark.parametrize(
    "names",
    [
        ("Walks_TRAIN.ts", "Walks_TEST.ts"),
        ("Walks_TRAIN.ts.gz", "Walks_TEST.ts"),
        ("walks-train.ts", "Walks-Test.TS"),
        (
            "Walks_TRAIN.ts",
            "Walks_TEST.ts",
            "Walks_eq_TRAIN.ts",
            "Walks_eq_TEST.ts",
            "._Walks_TRAIN.ts",
        ),
        ("train.ts", "test.ts"),
    ],
)
def test_two_files_of_a_folder(tmp_path, names):
    write(tmp_path / "Walks", *names)
    dataset = loaded(tmp_path / "Walks")
    assert (dataset.name.lower(), len(dataset.train), len(dataset.test)) == ("ts:walks", 4, 4)
    assert loaded(tmp_path / "Walks" / names[0]).checksum == dataset.checksum


def test_test_classes_have_the_numbers_of_the_training_classes(tmp_path):
    write(tmp_path, "W_TRAIN.ts")
    write(tmp_path, "W_TEST.ts", text=HEADER.replace("walk run", "run walk") + TWO)
    dataset = loaded(tmp_path)
    np.testing.assert_array_equal(dataset.train.labels, [0, 1, 0, 1])
    np.testing.assert_array_equal(dataset.test.labels, [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("names", "path", "message"),
    [
        (["W_TRAIN.ts"], "", r"W_TRAIN.ts: there is no test file beside it; `test: 0.2`"),
        (["W_TEST.ts"], "", r"expected X_TRAIN.ts and X_TEST.ts, found W_TEST.ts"),
        (["W_TRAIN.ts", "W_TEST.ts"], "W_TEST.ts", "a test file; expected the training file"),
        (["V_TRAIN.ts", "W_TRAIN.ts"], "", "holds several sets; .* V_TRAIN.ts, W_TRAIN.ts"),
        (["V.ts", "W.ts"], "", "expected X_TRAIN.ts and X_TEST.ts, found V.ts, W.ts"),
        (["W.csv"], "", r"found no file \*.ts"),
        ([], "W.ts", "no such file"),
    ],
)
def test_files_that_are_missing_or_too_many(tmp_path, names, path, message):
    write(tmp_path / "folder", *names)
    with pytest.raises(DataError, match=message):
        loaded(tmp_path / "folder" / path)


def test_a_share_is_held_out_where_there_is_no_test_file(tmp_path):
    write(tmp_path, "W_TRAIN.ts")
    assert len(loaded(tmp_path, test=0.5).test) == 2


def test_a_test_part_of_other_channels(tmp_path):
    write(tmp_path, "W_TRAIN.ts")
    write(tmp_path, "W_TEST.ts", text="@data\n1:walk\n")
    with pytest.raises(DataError, match="training series have 2 features, test series 1"):
        loaded(tmp_path)


def test_a_change_of_the_test_file_shows(tmp_path):
    write(tmp_path, "W_TRAIN.ts", "W_TEST.ts")
    spec = {"name": "ts", "path": str(tmp_path / "W_TRAIN.ts")}
    before = files_stamp(spec)
    write(tmp_path, "other.ts")
    assert files_stamp(spec) == before
    write(tmp_path, "W_TEST.ts", text=HEADER + TWO + "1:2:run\n")
    assert files_stamp(spec) != before
