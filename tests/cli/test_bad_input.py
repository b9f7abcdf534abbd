"""Each mistake: one clear message on stderr, exit code 2, no traceback, nothing written."""

import gzip

import pytest

GOOD = """\
name: mine
data: {dataset: digits}
model: {family: stacked, units: [8]}
train: {epochs: 1}
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: mine", "name: [mine", "mine.yaml:"),
        ("name: mine", "name: mine\nname: twice", "duplicate"),
        (
            "epochs: 1",
            "epoch: 1",
            "mine.yaml:4:9: train.epoch: unknown key 'epoch'; did you mean 'epochs'",
        ),
        ("name: mine\n", "", "name"),
        (
            "epochs: 1",
            "epochs: many",
            "mine.yaml:4:9: train.epochs: should be a valid integer, got 'many'",
        ),
        ("epochs: 1", "epochs: 0", "train.epochs"),
        ("units: [8]", "units: [-8]", "model.units"),
        ("units: [8]", "units: [8], dropout: 1.5", "model.dropout"),
        ("epochs: 1", "seeds: []", "train.seeds"),
        ("digits", "digit", "did you mean 'digits'"),
        ("stacked", "stackd", "did you mean 'stacked'"),
        ("units", "cell: gruu, units", "did you mean 'gru'"),
        ("units", "scan: row, units", "did you mean 'rows'"),
        ("epochs: 1", "optimizer: {name: admw}", "did you mean 'adamw'"),
        ("name: mine", "extends: mine.yaml", "circle"),
        ("name: mine", "extends: none.yaml", "none.yaml"),
        ("digits", "{name: npz, path: none.npz}", "none.npz"),
        ("digits", "{name: idx, path: cut}", "its header says"),
        ("digits", "{name: image_folder, path: none, size: [8, 8]}", "none"),
    ],
)
def test_a_mistake_in_a_config(call, tmp_path, old, new, message):
    assert GOOD.count(old) >= 1
    (tmp_path / "mine.yaml").write_text(GOOD.replace(old, new, 1))
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        header = bytes([0, 0, 8, 3]) + b"\0\0\0\x09" * 3
        (cut / f"{name}-ubyte.gz").write_bytes(gzip.compress(header + b"too short"))
    before = sorted(tmp_path.rglob("*"))
    said = call("run", "mine.yaml")
    assert said.code == 2
    assert said.out == ""
    assert message in said.err
    assert said.err.startswith("error: ") and len(said.err.splitlines()) <= 3
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nothing.yaml"], "nothing.yaml"),
        (["run", "gru33"], "did you mean 'gru3'"),
        (["run", "tiny", "--set", "train.epoch=3"], "did you mean 'epochs'"),
        (["run", "tiny", "--set", "train.epochs"], "expected path=value"),
        (["run", "tiny", "--seeds", "4-0"], "not a range"),
        (["run", "tiny", "--jobs", "many"], "jobs many: expected auto or a number from 1"),
        (
            ["run", "tiny", "--set", "model.units=[1000000]"],
            "32 samples would take 48,001.6 GB",
        ),
        (["run", "tiny", "--seeds", ""], "expected numbers"),
        (["run", "tiny", "--results", "a_file/results"], "a_file"),
        (["run"], "Missing argument"),
        (["rnu", "tiny"], "did you mean 'run'"),
        (["list", "cell"], "cells"),
        (["show", "tiny", "--set", "model.cell=gruu"], "did you mean 'gru'"),
        (["check", "gru3", "gru33"], "did you mean 'gru3'"),
        (["init", "no_folder/mine.yaml"], "cannot be written"),
    ],
)
def test_a_mistake_in_a_command(call, tmp_path, arguments, message):
    (tmp_path / "a_file").write_text("not a folder")
    said = call(*arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]


def test_data_that_can_be_had_nowhere_says_what_to_do(call, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # Nobody answers there.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    said = call("run", "tiny", "--set", "data.dataset=mnist", "--results", "results")
    assert said.code == 2
    assert "SEQVISION_DATA" in said.err and "offline: mnist-5k" in said.err
    assert not (tmp_path / "results").exists()
