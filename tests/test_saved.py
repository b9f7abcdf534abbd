"""`load_model`: a saved model as it was, or an error in a line."""

import json
import zipfile

import keras
import numpy as np
import pytest

import seqvision
from seqvision.errors import SeqvisionError

SMALL = {"input_shape": (6, 5), "num_classes": 3, "units": [4], "cell": "layer_norm_lstm"}


@pytest.mark.parametrize("place", ["model.keras", "."])
def test_a_model_comes_back_from_a_file_or_a_runs_folder(place, tmp_path):
    model = seqvision.create_model("two_way", **SMALL, pooling="attention")
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.save(tmp_path / "model.keras")
    images = np.random.default_rng(0).integers(0, 256, (2, 6, 5)).astype("float32")
    loaded = seqvision.load_model(tmp_path / place)
    np.testing.assert_allclose(loaded(images), model(images), atol=1e-6)
    assert isinstance(loaded.optimizer, keras.optimizers.Adam)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "none.keras",
            None,
            "no file 'none.keras'; expected a .keras, .onnx or .weights.h5 file, or",
        ),
        ("folder", "folder", "folder holds no model.keras"),
        ("mine.weights.h5", b"", "mine.weights.h5 holds weights alone; build their model with"),
        ("damaged.keras", b"PK not really", "damaged.keras cannot be read: "),
        ("empty.keras", {}, "empty.keras cannot be read: "),
        ("foreign.keras", {"class_name": "Foreign", "config": {}}, "'Foreign'"),
        (3, None, "got 3"),
    ],
)
def test_a_file_that_holds_none(name, content, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    match content:
        case "folder":
            (tmp_path / name).mkdir()
        case bytes():
            (tmp_path / name).write_bytes(content)
        case dict():
            with zipfile.ZipFile(tmp_path / name, "w") as archive:
                archive.writestr("config.json", json.dumps(content))
    with pytest.raises(SeqvisionError, match=r"^model: ") as caught:
        seqvision.load_model(name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_code_in_a_file_is_run(tmp_path):
    layer = keras.layers.Lambda(lambda x: x, output_shape=(3,))
    keras.Sequential([keras.Input((3,)), layer]).save(tmp_path / "model.keras")
    with pytest.raises(SeqvisionError, match=r"model: .*deserialization of a `Lambda` layer"):
        seqvision.load_model(tmp_path / "model.keras")


def test_a_file_cut_short(tmp_path):
    path = tmp_path / "model.keras"
    seqvision.create_model("stacked", **SMALL).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SeqvisionError, match=r"model: .* cannot be read: "):
        seqvision.load_model(path)
