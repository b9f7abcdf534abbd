"""A small model, as a `.keras` file and as an `.onnx` file."""

import json

import numpy as np
import pytest

from seqvision.presets.facts import Facts, add_to_archive


@pytest.fixture(scope="session")
def facts():
    return Facts(
        (6, 4),
        ("cat", "dog", "eel"),
        model={"family": "stacked", "cell": "gru", "units": 8},
        temperature=2.0,
        data={"name": "image_folder", "path": "pictures", "size": [6, 4]},
        more={"dataset": {"name": "image_folder:pictures", "background": "dark"}},
    )


@pytest.fixture(scope="session")
def model():
    """Its logits differ by more than rounding does."""
    import keras

    import seqvision

    keras.utils.set_random_seed(3)
    model = seqvision.create_model("stacked", (6, 4), 3, cell="gru", units=8)
    model.set_weights([3 * weight for weight in model.get_weights()])
    return model


@pytest.fixture(scope="session")
def saved(model, facts, tmp_path_factory):
    """The model as a `.keras` file."""
    path = tmp_path_factory.mktemp("saved") / "small.keras"
    model.save(path)
    add_to_archive(path, facts)
    return path


@pytest.fixture(scope="session")
def onnx(model, facts, tmp_path_factory):
    """The model as an `.onnx` file."""
    path = tmp_path_factory.mktemp("onnx") / "small.onnx"
    model(np.zeros((1, 6, 4), "float32"))  # Keras asks for it.
    model.export(path, format="onnx", verbose=False)
    path.with_name("small.onnx.json").write_text(json.dumps(facts.to_json()))
    return path
