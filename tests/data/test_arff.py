"""Weka's format: against SciPy's reader, and where files hold what that one refuses."""

import gzip
import io

import numpy as np
import pytest
from scipy.io.arff import loadarff

from seqvision.data import load
from seqvision.data.archives.arff_format import read_arff
from seqvision.data.notes import Notes
from seqvision.errors import DataError

PLAIN = """\
% A comment.
@relation walks
@attribute a1 numeric
@attribute 'the second' REAL
@ATTRIBUTE a3 integer
@attribute target {walk,run}
@data
1.5,?,-3e-1,walk
% Another comment.
2,3,?,run

4,5,6,walk
7,8,9,run
"""
RELATIONAL = """\
@relation 'walks'
@attribute relationalAtt relational
  @attribute a1 numeric
  @attribute a2 numeric
@end relationalAtt
@attribute activity {walk,run}
@data
'1.5,2\\n3,4',walk
'5,?\\n7,?',run
'9,10\\n?,12',walk
'1,2\\n3,4',run
"""


@pytest.fixture
def arff(tmp_path):
    """Load a file of a text."""

    def load_arff(text, **options):
        (tmp_path / "mine.arff").write_bytes(text if isinstance(text, bytes) else text.encode())
        return load({"name": "arff", "path": str(tmp_path / "mine.arff"), "test": 0.5, **options})

    return load_arff


def by_scipy(text):
    """The series `(n, steps, channels)` and labels that SciPy reads."""
    table, meta = loadarff(io.StringIO(text))
    labels = [row[-1].decode() for row in table]
    if meta.types()[0] == "relational":
        return np.array([[list(row) for row in one[0]] for one in table]).swapaxes(1, 2), labels
    return np.array([list(row)[:-1] for row in table], float)[:, :, None], labels


@pytest.mark.parametrize("text", [PLAIN, RELATIONAL])
def test_both_kinds_as_scipy_reads_them(tmp_path, text):
    path = tmp_path / "mine.arff"
    path.write_text(text)
    ours = read_arff(path, Notes("mine"))
    series, labels = by_scipy(text)
    np.testing.assert_array_equal(np.array(ours.series), series.astype(np.float32))
    assert ours.labels == labels
    assert ours.class_names == ("walk", "run")


@pytest.mark.parametrize("text", [PLAIN, RELATIONAL])
def test_the_same_written_otherwise(arff, text):
    whole = arff(text)
    for content in (
        text.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        gzip.compress(text.encode()),
        text.replace("walk", "'walk'").replace(",run", ', "run"').encode(),
        text.replace("{walk,run}", "{ walk , run }").replace(" {", "{").encode(),
        text.replace("relation", "RELATION").replace("@data", "@DATA").encode(),
    ):
        assert arff(content).checksum == whole.checksum
    assert whole.class_names == ("walk", "run")


def test_a_shorter_series_ends_where_its_values_do(arff):
    lengths = np.concatenate([part.samples.lengths for part in arff(RELATIONAL).parts.values()])
    assert sorted(lengths.tolist()) == [1, 2, 2, 2]


def test_labels_that_scipy_refuses_or_that_are_quoted(arff):
    text = PLAIN.replace("{walk,run}", "string")
    assert arff(text).class_names == ("run", "walk")
    text = PLAIN.replace("walk", "'a, b'").replace("run", r'"it\"s"')
    assert arff(text).class_names == ("a, b", 'it"s')
    assert arff(PLAIN.replace("run}", "run,swim}")).class_names == ("walk", "run")


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (PLAIN, "4,5,6", "4,x,6", r"mine.arff:12, value 2: expected a number, NaN or \?, got 'x'"),
        (PLAIN, "4,5,6", "4,6", "mine.arff:12: 2 values, expected 3"),
        (PLAIN, "4,5,6,walk", "4,5,6,?", "mine.arff:12: the label is missing"),
        (PLAIN, "4,5,6,walk", "4,5,6,", "mine.arff:12: the label is missing"),
        (PLAIN, "4,5,6,walk", "{0 4, 3 walk}", "mine.arff:12: a sparse row"),
        (PLAIN, "4,5,6,walk", "walk", "mine.arff:12: expected values and a label"),
        (PLAIN, "4,5,6,walk", "?,?,?,walk", "mine.arff:12: the series has no observed value"),
        (PLAIN, "a3 integer", "a3 string", "mine.arff:5: expected numbers .* type string"),
        (PLAIN, "a3 integer", "a3", "mine.arff:5: expected @attribute, a name and a type"),
        (PLAIN, "@data", "", "expected a line @data before the series"),
        (
            RELATIONAL,
            "'9,10\\n?,12'",
            "'9,10\\n12'",
            "mine.arff:10: channel 2: 1 value, expected 2",
        ),
        (RELATIONAL, "'9,10\\n?,12'", "'9,10'", "mine.arff:10: 1 channel, expected 2"),
        (RELATIONAL, "'9,10\\n?,12'", "9,10", "mine.arff:10: expected channels in quotation marks"),
        (RELATIONAL, "@end relationalAtt", "", "mine.arff:7: expected the class"),
        (RELATIONAL, "@attribute activity {walk,run}", "", "mine.arff:7: expected the class"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(arff, text, old, new, message):
    assert old in text
    with pytest.raises(DataError, match=message):
        arff(text.replace(old, new))
