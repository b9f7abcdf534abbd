"""What `model.weights` names: a tag alone is that of the zoo's model that the config has."""

import hashlib
import json
from pathlib import Path

import pytest

from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts
from seqvision.runs.parent import Parent, of_its_parent, parent_of


@pytest.fixture
def tags(monkeypatch, tmp_path):
    """A manifest with weights of gru3 and gru3_tutorial, which are the same model, and of tiny."""
    file = tmp_path / "weights" / "some.weights.h5"
    file.parent.mkdir()
    file.write_bytes(b"weights")
    model = {**load_config("tiny").model}
    content = {
        "file": file.name,
        "sha256": hashlib.sha256(b"weights").hexdigest(),
        "bytes": 7,
        "model": model,
        "input_shape": [28, 28],
        "class_names": ["0", "1"],
    }
    known = ("gru3:mnist", "gru3:half", "gru3_columns:mnist", "tiny:mnist")
    named = [dict(zip(("name", "tag"), each.split(":"), strict=True)) for each in known]
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text("\n".join(json.dumps({**content, **names}) for names in named))
    monkeypatch.setattr("seqvision.presets.manifest.MANIFEST", manifest)
    monkeypatch.setenv("SEQVISION_WEIGHTS", str(file.parent))
    monkeypatch.setenv("SEQVISION_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    return file


def of(name, **model):
    config = load_config(name).resolved()
    return parent_of(load_config(config | {"model": config["model"] | model}))


def test_a_tag_alone_is_of_the_model_of_that_name(tags):
    assert of("gru3", weights="mnist").name == "gru3:mnist"
    assert of("tiny", weights="mnist").name == "tiny:mnist"
    assert of("tiny", weights="gru3:mnist").name == "gru3:mnist"  # Whether it fits is seen later.
    assert of("tiny") is None


def test_a_tag_alone_is_of_the_model_that_the_config_extends(tags, tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: tiny\nname: mine\nmodel: {weights: mnist}")
    assert parent_of(load_config("mine.yaml")).name == "tiny:mnist"


@pytest.mark.parametrize(
    ("name", "model", "message"),
    [
        ("tiny", {"weights": "mnits"}, "no tag or file 'mnits'; did you mean 'mnist'"),
        ("gru3", {"weights": "nine:mnist"}, "there are none called 'nine:mnist'"),
    ],
)
def test_what_is_no_tag_of_it_is_said(name, model, message, tags):
    with pytest.raises(SeqvisionError, match=message):
        of(name, **model)


def test_a_tag_of_several_models_alike_is_not_guessed(tags, monkeypatch):
    alike = lambda config: ["gru3", "gru3_columns"]  # noqa: E731
    monkeypatch.setattr("seqvision.runs.parent._in_zoo", alike)
    config = load_config("gru3").resolved() | {"name": "mine"}
    config["model"] |= {"weights": "mnist"}
    with pytest.raises(SeqvisionError, match="say which: gru3:mnist or gru3_columns:mnist"):
        parent_of(load_config(config))
    config["model"] |= {"weights": "half"}
    assert parent_of(load_config(config)).name == "gru3:half"


def test_nothing_is_downloaded_to_see_whether_a_record_is_of_its_parent(tags):
    config = load_config("tiny").resolved()
    config = load_config(config | {"model": config["model"] | {"weights": "mnist"}})
    record = {"run_id": "a", "model": {"parent": parent_of(config).described()}}
    tags.unlink()
    assert of_its_parent(record, config)
    record["model"]["parent"]["sha256"] = "another"
    assert not of_its_parent(record, config)
    assert not of_its_parent({"run_id": "a", "model": {}}, config)
    assert not of_its_parent(record, load_config("tiny"))


def test_a_name_that_says_where_it_is_from():
    run = Facts((8, 8), more={"name": "gru1", "config_hash": "113aba58", "seed": 1})
    assert Parent("folder", Path("f"), "", run).name == "gru1/113aba58-s1"
    assert Parent("mine.keras", Path("f"), "", None).name == "mine.keras"
