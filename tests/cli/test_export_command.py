"""`seqvision export` on the command line."""

import json

import pytest

from seqvision.zoo import create_model

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    create_model("stacked", (3, 4), 3, units=[4]).save(path)
    return path


def test_export_tells_what_was_written_and_checked(call, saved, tmp_path):
    said = call("export", saved, "-o", "model.onnx", "--softmax", "--temperature", "1.5")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("wrote model.onnx (")
    assert "the same class for 100" in said.out
    said = call("export", saved, "--to", "onnx", "-o", "model.onnx", "--force", "--json")
    assert json.loads(said.out)["path"] == "model.onnx"
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.keras", "-o", "m.onnx"], "no file 'nothing.keras'"),
        (["MODEL", "-o", "m.onnx", "--to", "onyx"], "unknown format 'onyx'; did you mean 'onnx'?"),
        (["MODEL", "-o", "m.onnx", "--temperature", "warm"], "temperature: expected a positive"),
        (["MODEL", "-o", "m"], "the ending says no format"),
    ],
)
def test_wrong_input_is_one_line(call, saved, arguments, message, tmp_path):
    said = call("export", *(saved if each == "MODEL" else each for each in arguments))
    assert said.code == 2
    assert said.err.startswith("error: ") and said.err.count("\n") == 1
    assert message in said.err
    assert list(tmp_path.iterdir()) == []
