"""A record is a dictionary that knows its folder and says what it is."""

import json
import pickle
from pathlib import Path

import pytest

from seqvision.runs.record import RunRecord, read_record

PUBLISHED = Path(__file__).parents[2] / "results" / "published" / "zoo"


def test_a_record_is_a_dictionary_that_knows_its_folder(tmp_path):
    (tmp_path / "record.json").write_text('{"status": "finished", "seed": 3}')
    record = read_record(tmp_path)
    assert record == {"status": "finished", "seed": 3} == {**record}
    assert json.loads(json.dumps(record)) == record
    for same in (record, pickle.loads(pickle.dumps(record))):
        assert isinstance(same, RunRecord) and same.folder == tmp_path


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"status"'])
def test_what_is_no_record_is_none(text, tmp_path):
    (tmp_path / "record.json").write_text(text)
    assert read_record(tmp_path) is None


def test_what_a_published_record_says_of_itself():
    folder = next((PUBLISHED / "fashion_gru3").glob("*-s0"))
    said = repr(read_record(folder))
    assert said.startswith("<RunRecord fashion_gru3, seed 0, finished: test accuracy 8")
    assert "%, test error 1" in said and " parameters, trained in " in said
    assert said.endswith(f" min, in {folder}>")


def test_a_failed_record_says_why():
    values = {"name": "a", "seed": 0, "status": "failed", "error": "the loss became NaN"}
    assert repr(RunRecord("x", values)) == (
        "<RunRecord a, seed 0, failed: the loss became NaN, in x>"
    )
