"""What `model.weights` names: a tag alone is that of the zoo's model that the config has."""

from pathlib import Path

import pytest

from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts
from seqvision.presets.find import Trained
from seqvision.runs import parent as parent_module
from seqvision.runs.parent import Parent, parent_of


@pytest.fixture
def tags(monkeypatch, tmp_path):
    """Weights with tags: of gru3 and gru3_tutorial, which are the same model, and of tiny."""
    (tmp_path / "some.weights.h5").write_bytes(b"weights")
    known = ("gru3:mnist", "gru3:half", "gru3_tutorial:mnist", "tiny:mnist")

    def find(source):
        if source not in known:
            raise SeqvisionError(f"no {source}")
        name, tag = source.split(":")
        facts = Facts((28, 28), more={"name": name, "tag": tag})
        return Trained(source, tmp_path / "some.weights.h5", facts)

    monkeypatch.setattr(parent_module, "find_trained", find)
    monkeypatch.chdir(tmp_path)


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
        ("tiny", {"weights": "mnits"}, "'mnits' is neither a file nor a tag of this model"),
        ("tiny", {"weights": "mnist", "units": [33]}, "none of the zoo's, so say name:tag"),
        ("gru3", {"weights": "nine:mnist"}, "model.weights: no nine:mnist"),
    ],
)
def test_what_is_no_tag_of_it_is_said(name, model, message, tags):
    with pytest.raises(SeqvisionError, match=message):
        of(name, **model)


def test_a_tag_of_several_models_alike_is_not_guessed(tags, tmp_path):
    alike = [
        name
        for name in ("gru3", "gru3_tutorial")
        if load_config(name).content()["model"] == load_config("gru3").content()["model"]
    ]
    (tmp_path / "mine.yaml").write_text("extends: gru3\nname: mine\nmodel: {weights: mnist}")
    if len(alike) == 2:
        with pytest.raises(SeqvisionError, match="say which of gru3:mnist, gru3_tutorial:mnist"):
            parent_of(load_config("mine.yaml"))
    (tmp_path / "mine.yaml").write_text("extends: gru3\nname: mine\nmodel: {weights: half}")
    assert parent_of(load_config("mine.yaml")).name == "gru3:half"


def test_a_name_that_says_where_it_is_from():
    run = Facts((8, 8), more={"name": "gru1", "config_hash": "113aba58", "seed": 1})
    assert Parent("folder", Path("f"), "", run).name == "gru1/113aba58-s1"
    assert Parent("mine.keras", Path("f"), "", None).name == "mine.keras"
