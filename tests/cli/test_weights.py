"""Commands of trained weights: wrong input is one line, exit code 2, and nothing is written."""

import json

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["publish-weights", "none"], "none: no such folder; name that of a finished run"),
        (["publish-weights", "empty"], "empty: holds no record; name the folder of a finished run"),
        (["publish-weights", "bare"], "bare: holds no model.keras, so no weights"),
        (["publish-weights", "bare", "--manifest", "m.jsonl"], "--manifest and --files belong"),
        (["push", "empty", "me/tiny"], "empty: holds no seqvision.json; name a folder that"),
        (["push", "empty", "tiny"], "tiny: expected owner/name"),
        (["list", "cells", "--weights"], "--weights: only models have them, not cells"),
    ],
)
def test_wrong_input_is_told_in_a_line(arguments, message, call, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bare").mkdir()
    run = {"status": "finished", "name": "a", "seed": 0, "config_hash": "0", "dataset": {}}
    (tmp_path / "bare" / "record.json").write_text(json.dumps(run))
    before = sorted(tmp_path.rglob("*"))
    said = call(*arguments)
    assert said.code == 2
    assert said.err.startswith(f"error: {message}") and said.err.count("\n") == 1
    assert said.out == "" and sorted(tmp_path.rglob("*")) == before


def test_no_weights_match(call):
    said = call("list", "models", "nothing*", "--weights")
    assert (said.code, said.err) == (0, "no weights match 'nothing*'\n")
    assert json.loads(call("list", "models", "nothing*", "--weights", "--json").out) == []
