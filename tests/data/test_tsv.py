"""The UCR archive's text files, against pandas and in the forms they have had."""

import io

import numpy as np
import pandas as pd
import pytest

from seqvision.data import load
from seqvision.data.archives.tsv_format import read_tsv
from seqvision.data.notes import Notes
from seqvision.errors import DataError

TEXT = "1\t1.5\t-2\t3e-1\n-1\t4\tNaN\t6\n1\t7\t8\tNaN\n-1\tNaN\t\t0.5\n"


@pytest.fixture
def tsv(tmp_path):
    """Load a file of a text."""

    def load_tsv(text, name="mine.tsv", **options):
        (tmp_path / name).write_text(text)
        return load({"name": "tsv", "path": str(tmp_path / name), "test": 0.5, **options})

    return load_tsv


def test_the_values_are_those_that_pandas_reads(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text(TEXT)
    ours = read_tsv(path, Notes("mine"))
    table = pd.read_csv(io.StringIO(TEXT), sep="\t", header=None)
    np.testing.assert_array_equal(
        np.array(ours.series)[:, :, 0], table.iloc[:, 1:].to_numpy(np.float32)
    )
    assert ours.labels == table[0].astype(str).tolist()


def test_padding_ends_a_series_and_a_gap_does_not(tsv):
    dataset = tsv(TEXT)
    lengths = np.concatenate([part.samples.lengths for part in dataset.parts.values()])
    assert sorted(lengths.tolist()) == [2, 3, 3, 3]
    assert dataset.class_names == ("1", "-1")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("NaN", "?"),
        lambda text: text.replace("\t", ","),
        lambda text: text.replace("\t\t", "\t nan \t").replace("\t", "  "),
        lambda text: text.replace("1\t", "1.0000000e+00\t"),
        lambda text: text.replace("\n", "\t\r\n"),  # A tab more.
    ],
)
def test_the_same_written_otherwise(tsv, change):
    dataset = tsv(change(TEXT))
    assert dataset.checksum == tsv(TEXT).checksum
    assert dataset.class_names == ("1", "-1")


def test_labels_that_only_look_like_numbers_stay_apart(tsv):
    text = "1_1\t1\n11\t2\n0.5\t3\n" * 2
    assert tsv(text).class_names == ("11", "0.5", "1_1")


def test_the_older_ending_and_the_test_file_beside(tmp_path):
    for name in ("Walks_TRAIN.txt", "Walks_TEST.txt"):
        (tmp_path / name).write_text(TEXT.replace("\t\t", "\tNaN\t").replace("\t", "  "))
    dataset = load({"name": "tsv", "path": str(tmp_path)})
    assert (dataset.name, len(dataset.train), len(dataset.test)) == ("tsv:Walks", 4, 4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("4\t", "four\t", r"mine.tsv:2, value 1: expected a number, NaN or \?, got 'four'"),
        ("4\t", "", "mine.tsv:2: 2 values, expected 3 as in line 1; shorter series end in NaN"),
        ("-1\t4", "\t4", "mine.tsv:2: the label is missing"),
        ("-1\t4", "NaN\t4", "mine.tsv:2: the label is missing"),
        ("7\t8\tNaN", "?\tNaN\t", "mine.tsv:3: the series has no observed value"),
        ("7\t8", "7\t1e999", "mine.tsv:3, value 2: expected a number that float32 can hold"),
        (TEXT, "label\n", "mine.tsv:1: expected a label and values, parted by tabs, got 'label'"),
        (TEXT, "\n", "there are no series"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tsv, old, new, message):
    assert TEXT.count(old) == 1
    with pytest.raises(DataError, match=message):
        tsv(TEXT.replace(old, new))
