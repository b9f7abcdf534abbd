"""Damaged series: one message on stderr, exit code 2, nothing written."""

import pytest

CONFIG = """\
name: mine
data: {dataset: {name: %s, path: %s}}
model: {family: stacked, units: [8]}
train: {epochs: 1}
"""
TS = "@classLabel true a b\n@data\n" + "1,2:a\n2,1:b\n" * 9


@pytest.mark.parametrize(
    ("reader", "text", "message"),
    [
        ("ts", TS + "1,2,x:a\n", "mine.ts:21: channel 1, value 3: expected a number, NaN or ?"),
        ("ts", TS + "1,2", "mine.ts:21: expected channels and a label, parted by ':'"),
        ("tsv", "1\t2\t3\n2\t3\n", "mine.tsv:2: 1 value, expected 2 as in line 1"),
        ("arff", TS, "mine.arff:2: expected the class as the last attribute"),
    ],
)
def test_damaged_series(call, tmp_path, reader, text, message):
    (tmp_path / f"mine.{reader}").write_text(text)
    (tmp_path / "mine.yaml").write_text(CONFIG % (reader, f"mine.{reader}"))
    before = sorted(tmp_path.rglob("*"))
    said = call("run", "mine.yaml")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: ") and said.err.count("\n") == 1
    assert message in said.err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_problem_that_is_not_there_says_what_to_do(call, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        CONFIG.replace("path: %s", "problem: JapaneseVowel") % "archive"
    )
    said = call("run", "mine.yaml")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "problem 'JapaneseVowel' is not on this machine" in said.err
    assert "pip install 'seqvision[archive]'" in said.err
