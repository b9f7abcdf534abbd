"""`show` and `check` of configs that begin with trained weights."""

import json

import pytest

import seqvision
from seqvision.presets.facts import Facts, add_to_archive

CONFIG = """
name: child
data: {dataset: digits}
model: {family: stacked, units: [4, 4], weights: parent.keras}
train: {freeze: [recurrent_1], head_epochs: 1, layer_decay: 0.7}
"""


@pytest.fixture
def files(tmp_path):
    """A config and its parent, whose classes are others."""
    (tmp_path / "child.yaml").write_text(CONFIG)
    model = seqvision.create_model("stacked", (8, 8), 10, units=[4, 4])
    model.save(tmp_path / "parent.keras")
    names = tuple("abcdefghij")
    facts = Facts((8, 8), names, more={"name": "gru", "tag": "letters", "dataset": {"name": "abc"}})
    add_to_archive(tmp_path / "parent.keras", facts)


def test_show_says_what_it_begins_with_and_how_layers_learn(files, call):
    content = json.loads(call("show", "child.yaml", "--json").out)
    parent = content["parent"]
    assert len(parent.pop("sha256")) == 64
    assert parent == {
        "source": "parent.keras",
        "name": "gru:letters",
        "dataset": "abc",
        "fresh": ["logits"],
    }
    rates = {layer["layer"]: layer["learning"] for layer in content["layers"]}
    assert rates["recurrent_1"] == "frozen" and rates["logits"] == "× 1"
    assert rates["recurrent_2"] == "× 0.7, from epoch 2"
    said = call("show", "child.yaml").out
    assert "begins with the weights of gru:letters, trained on abc; new: logits" in said
    assert parent and "learning" in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("model.weights=none.keras", "weights: no file 'none.keras'"),
        ("model.units=[4, 5]", "layer 'recurrent_2' has"),
        ("train.freeze=[layer_*]", "no layer is called 'layer_*'"),
        ("train.freeze=['*']", "leaves no weights to train"),
        ("train.layer_decay=0", "train.layer_decay"),
        ("train.freeze=recurrent_1", "train.freeze: "),
        ("model.weights=3", "model.weights: expected a tag"),
    ],
)
def test_check_says_what_does_not_fit(change, message, files, call):
    said = call("check", "child.yaml", "--set", change)
    assert said.code == 2 and message in said.err
    assert len(said.err.strip().splitlines()) == 1


def test_check_finds_it_right_and_trains_nothing(files, call, tmp_path):
    said = call("check", "child.yaml")
    assert (said.code, said.err) == (0, "") and said.out.startswith("child.yaml: right")
    assert not (tmp_path / "results").exists()
