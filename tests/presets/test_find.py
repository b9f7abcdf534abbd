"""Trained models by tag, folder and file: what is found, what it answers, and what is refused."""

import json
import logging
import shutil

import h5py
import numpy as np
import pytest

import seqvision
from seqvision import create_model, list_models, load_model
from seqvision.cli import seqvision as cli
from seqvision.errors import SeqvisionError, UnknownName
from seqvision.presets import manifest as manifest_module
from seqvision.presets.facts import from_json
from seqvision.presets.find import find_trained
from seqvision.publishing.rounding import write_weights

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 7)).astype("float32")


@pytest.fixture
def here(listed, made, tmp_path):
    """`tiny:shapes` is listed and in the package."""
    file = tmp_path / "package" / "tiny.shapes.weights.h5"
    shutil.copy(made.folder / "model.weights.h5", file)
    return listed()


def test_a_tag_gives_the_model_that_was_trained(here, made):
    loaded = load_model("tiny:shapes")
    np.testing.assert_allclose(loaded(IMAGES), made.logits, atol=1e-6)
    for model in (
        create_model("tiny", weights="shapes"),
        create_model("tiny", weights=made.folder),
    ):
        assert model.input_shape == (None, 8, 7)
        np.testing.assert_allclose(model(IMAGES), made.logits, atol=1e-6)
    found = find_trained("tiny:shapes")
    assert found.facts == here and found.file.name == "tiny.shapes.weights.h5"


@pytest.mark.parametrize("name", [".", "model.weights.h5"])
def test_a_folder_of_published_weights(name, made, monkeypatch):
    monkeypatch.chdir(made.folder)
    np.testing.assert_allclose(load_model(name)(IMAGES), made.logits, atol=1e-6)
    assert find_trained(name).facts == made.facts


def test_what_has_weights_is_listed(listed):
    assert list_models(pretrained=True) == ["gru1", "tiny"]
    assert list_models("*gru*", pretrained=True) == ["gru1"]


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_lists_weights_and_where_they_are(as_json, here, capsys):
    cli(["list", "models", "t*", "--weights", *["--json"] * as_json], standalone_mode=False)
    said = capsys.readouterr().out
    if as_json:
        rows = json.loads(said)
        assert [(r["model"], r["tag"], r["where"]) for r in rows] == [
            ("tiny", "shapes", "package"),
            ("tiny", "stars", "package"),
        ]
    else:
        assert "shapes" in said and "package" in said and "gru1" not in said


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: load_model("tiny:shape"), "tiny has none called 'shape'; did you mean 'shapes'?"),
        (lambda: load_model("tyni:shapes"), "none called 'tyni:shapes'; did you mean 'tiny:shap"),
        (lambda: create_model("tiny:shapes"), "say create_model('tiny', weights='shapes')"),
        (lambda: load_model("tiny"), "which weights of tiny: tiny:shapes or tiny:stars?"),
        (
            lambda: create_model("tiny", weights="shaps"),
            "no tag or file 'shaps'; did you mean 'shapes'? (tiny has shapes, stars)",
        ),
        (
            lambda: create_model("stacked", weights="shapes"),
            "did you mean 'gru1:shapes'? ('stacked' has none; tags belong to named models",
        ),
    ],
)
def test_an_unknown_tag_is_told_with_those_that_are(call, message, here):
    with pytest.raises(UnknownName) as caught:
        call()
    assert message in str(caught.value)


def test_a_tag_is_no_file_of_that_name(here, made, monkeypatch, tmp_path):
    (tmp_path / "work" / "shapes").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    np.testing.assert_allclose(
        create_model("tiny", weights="shapes")(IMAGES), made.logits, atol=1e-6
    )
    with pytest.raises(SeqvisionError, match=r"holds no model\.keras"):
        create_model("tiny", weights="./shapes")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": [33]}, r"its model has units \[32\], this one \[33\]"),
        ({"units": [32, 32]}, r"units"),
        ({"cell": "lstm"}, "has cell 'gru', this one 'lstm'"),
        ({"cell": {"name": "gru", "activation": "relu"}}, "cell 'gru', this one {'name': 'gru'"),
        ({"cell": {"name": "gru", "reset_after": False}}, "cell 'gru', this one"),
        ({"wrap": ["residual"]}, r"has wrap \[\], this one \['residual'\]"),
        ({"scale": 1.0}, "has scale 0.0039"),
        ({"layer_norm": True}, "has layer_norm False, this one True"),
        ({"num_classes": 5, "units": [33]}, "units"),
    ],
)
def test_weights_of_another_model_are_refused_whatever_their_shapes(options, message, here):
    with pytest.raises(SeqvisionError, match=f"weights: tiny:shapes does not fit: .*{message}"):
        create_model("tiny", weights="shapes", **options)


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        ({"scan": "columns", "input_shape": (7, 8)}, "trained with scan 'rows', this one has 'col"),
        ({"scan": {"name": "rows", "reverse": True}}, "trained with scan 'rows', this one has {'n"),
        ({"pooling": "last"}, "trained with pooling 'mean', this one has 'last'"),
        ({"input_shape": (9, 7)}, "trained on samples of (8, 7), used for samples of (9, 7)"),
        ({"num_classes": 5}, "layer 'logits' begins anew"),
        ({"dropout": 0.3, "recurrent_dropout": 0.1}, None),
        ({"cell": {"name": "gru", "recurrent_initializer": "glorot_uniform"}}, None),
    ],
)
def test_what_weights_can_begin_is_told_where_it_matters(options, warning, here, caplog):
    with caplog.at_level(logging.WARNING, "seqvision"):
        create_model("tiny", weights="shapes", **options)
    if warning is None:
        assert caplog.messages == []
    else:
        assert sum(warning in message for message in caplog.messages) == 1


def test_another_number_of_classes_keeps_all_but_the_head(here):
    whole, other = (create_model("tiny", weights="shapes", num_classes=n) for n in (None, 5))
    assert other.output_shape == (None, 5)
    for mine, its in zip(other.get_weights()[:-2], whole.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(mine, its)


def test_half_precision_loads_as_single(made, tmp_path):
    half = tmp_path / "half.weights.h5"
    assert write_weights(made.folder / "model.weights.h5", half, 10) == "float16"
    with h5py.File(half) as file:
        assert file["layers/dense/vars/0"].dtype == np.float16
    model = create_model("tiny", (8, 7), 3, half)
    assert model.weights[0].dtype == "float32"
    single = create_model("tiny", (8, 7), 3, made.folder)
    for mine, its in zip(model.get_weights(), single.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its.astype(np.float16).astype(np.float32))
    model.load_weights(half)  # Plain Keras takes it too.


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda f: (f / "model.weights.h5").write_bytes(b"\x89HDF no"),
            "is not the file that is m",
        ),
        (lambda f: (f / "model.weights.h5").unlink(), "lacks model.weights.h5"),
        (lambda f: (f / "seqvision.json").write_text("{"), "seqvision.json: cannot be read"),
        (lambda f: (f / "seqvision.json").write_text("[]"), "does not describe a model"),
        (
            lambda f: (f / "seqvision.json").write_text(
                '{"input_shape": [8, 7], "file": "../../model.weights.h5"}'
            ),
            "which is no file of weights beside it",
        ),
    ],
)
def test_a_damaged_folder(damage, message, made, tmp_path):
    folder = tmp_path / "folder"
    shutil.copytree(made.folder, folder)
    damage(folder)
    with pytest.raises(SeqvisionError, match=message) as caught:
        load_model(folder)
    assert "\n" not in str(caught.value)


def test_an_onnx_file_is_none_of_keras(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"")
    with pytest.raises(SeqvisionError, match=r"a\.onnx is an ONNX file, which Keras cannot load"):
        load_model(tmp_path / "a.onnx")


@pytest.mark.parametrize(
    ("line", "message"),
    [("{", "is not JSON"), ("[]", "lacks name"), ('{"name": "a"}', "lacks tag, file, sha256")],
)
def test_a_damaged_manifest_is_told_with_its_line(line, message, listed):
    with manifest_module.MANIFEST.open("a") as file:
        file.write(f"\n{line}\n")
    with pytest.raises(SeqvisionError, match=rf"manifest\.jsonl:5: {message}"):
        list_models(pretrained=True)


def test_a_model_that_is_not_known_here(made, tmp_path):
    folder = tmp_path / "folder"
    shutil.copytree(made.folder, folder)
    facts = {**made.facts.to_json(), "model": {"family": "of_another_package"}}
    (folder / "seqvision.json").write_text(json.dumps(facts))
    with pytest.raises(SeqvisionError, match="is of a model unknown here: family: "):
        load_model(folder)


def test_facts_come_back(made):
    assert from_json(json.loads(json.dumps(made.facts.to_json())), "here") == made.facts


def test_the_packages_own_manifest_is_whole():
    """Each line's hash of its config is that of the config, and what it names can be built."""
    import hashlib

    from seqvision.config.schema import check_model
    from seqvision.presets.manifest import presets
    from seqvision.presets.places import PLACES, weights_file

    for handle, facts in presets().items():
        text = json.dumps(facts.more["config"], sort_keys=True)
        assert hashlib.sha256(text.encode()).hexdigest()[:8] == facts.more["config_hash"], handle
        check_model(facts.model)
        assert facts.more["file"] == f"{handle.replace(':', '.')}.weights.h5"
        if any((folder / facts.more["file"]).is_file() for folder in PLACES.values()):
            assert weights_file(facts).stat().st_size == facts.more["bytes"]
    shipped = [file.stat().st_size for file in PLACES["package"].glob("*")]
    assert sum(shipped) < 2_000_000
    assert seqvision.list_models(pretrained=True) == sorted({h.split(":")[0] for h in presets()})
