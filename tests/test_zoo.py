"""`create_model`: what it ends in, the shapes it takes from a dataset, and weights from files."""

import logging
import zipfile

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax, softmax

from seqvision import create_model
from seqvision.data import DATASETS, load
from seqvision.errors import SeqvisionError

IMAGES = np.random.default_rng(0).integers(0, 256, (8, 6, 5)).astype("float32")
LABELS = np.arange(8) % 3
SMALL = {"input_shape": (6, 5), "units": [4], "layer_norm": True}


def loss_of(logits):
    return -log_softmax(np.asarray(logits, np.float64), axis=1)[np.arange(8), LABELS].mean()


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_either_loss_is_right_with_what_the_model_ends_in(policy):
    keras.config.set_dtype_policy(policy)
    try:
        logits = create_model("stacked", num_classes=3, **SMALL)
        ready = create_model("stacked", num_classes=3, activation="softmax", **SMALL)
    finally:
        keras.config.set_dtype_policy("float32")
    ready.set_weights(logits.get_weights())
    answers = logits.predict_on_batch(IMAGES)
    probabilities = ready.predict_on_batch(IMAGES)
    assert probabilities.dtype == answers.dtype == np.float32
    np.testing.assert_allclose(probabilities, softmax(answers, axis=1), atol=1e-6)
    logits.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ready.compile("sgd", "sparse_categorical_crossentropy")
    for model in (logits, ready):
        loss = model.train_on_batch(IMAGES, LABELS)  # `fit` waits at its end.
        assert loss == pytest.approx(loss_of(answers), rel=1e-4)


def test_an_activation_that_keras_has_not():
    with pytest.raises(SeqvisionError, match=r"activation: .* identifier: sofmax"):
        create_model("stacked", num_classes=3, activation="sofmax", **SMALL)


def test_a_run_ends_in_logits():
    from seqvision.config import load_config

    with pytest.raises(SeqvisionError, match="'stacked' has no option 'activation'"):
        load_config("tiny", ["model.activation=softmax"])


def test_a_model_of_the_zoo_has_the_shape_of_its_dataset():
    model = create_model("cifar10_lstm", units=[2])
    assert (model.input_shape, model.output_shape) == ((None, 32, 32, 3), (None, 10))
    model = create_model("cifar10_lstm", (9, 8), 4, units=(2, 3))
    assert (model.input_shape, model.output_shape) == ((None, 9, 8), (None, 4))
    assert create_model("digits_gru", units=[2]).input_shape == (None, 8, 8)
    assert create_model("stacked", units=np.array([2])).input_shape == (None, 28, 28)


@pytest.mark.parametrize("name", ["digits", "mnist-5k"])
def test_a_datasets_card_says_what_it_is(name):
    card, dataset = DATASETS.entry(name).card, load(name)
    assert card["train_size"] == len(dataset.train)
    assert tuple(card["input_shape"]) == dataset.input_shape
    assert card["num_classes"] == dataset.num_classes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_classes": 2.5}, "num_classes: expected a positive whole number, got 2.5"),
        ({"num_classes": True}, "num_classes: expected a positive whole number"),
        ({"input_shape": 28}, "input_shape: expected"),
        ({"family": "multi_scan"}, "family: 'stacked' is one already, got 'multi_scan' too"),
        ({"units": (3, 0)}, "units.1: should be greater than 0"),
    ],
)
def test_what_is_wrong_is_told(options, message):
    with pytest.raises(SeqvisionError, match=message):
        create_model("stacked", **options)


@pytest.fixture(scope="module", params=["model.keras", "mine.weights.h5", "a run"])
def saved(request, tmp_path_factory):
    """A model of three classes, and where its weights are."""
    folder = tmp_path_factory.mktemp("saved")
    model = create_model("stacked", num_classes=3, dropout=0.1, **SMALL)
    if request.param == "mine.weights.h5":
        model.save_weights(folder / request.param)
    else:
        model.save(folder / "model.keras")
    return model, folder if request.param == "a run" else folder / request.param


def test_weights_are_loaded(saved):
    model, source = saved
    again = create_model("stacked", num_classes=3, weights=source, **SMALL)
    np.testing.assert_array_equal(again(IMAGES), model(IMAGES))
    # The activation comes after what was saved.
    given = {"num_classes": 3, "weights": str(source), "activation": "softmax"}
    ready = create_model("stacked", **given, **SMALL)
    np.testing.assert_allclose(ready(IMAGES), ops.softmax(model(IMAGES)), atol=1e-6)


def test_another_number_of_classes_begins_with_a_fresh_head(saved, caplog):
    model, source = saved
    with caplog.at_level(logging.WARNING, "seqvision"):
        other = create_model("stacked", num_classes=5, weights=source, **SMALL)
    assert (
        "layer 'logits' begins anew, as it has (4, 5), (5,) in the model and (4, 3), (3,) in"
        in (caplog.text)
    )
    assert other.output_shape == (None, 5)
    *kept, kernel, bias = other.get_weights()
    for mine, its in zip(kept, model.get_weights()[:-2], strict=True):
        np.testing.assert_array_equal(mine, its)
    assert kernel.std() > 0 and not bias.any()
    with pytest.raises(SeqvisionError, match=r"has 3 classes and the model 10; say num_classes=3"):
        create_model("stacked", weights=source, **SMALL)


def test_what_does_not_fit_is_told_with_its_shapes(saved):
    _, source = saved
    message = (
        r"layer 'recurrent_1' has \(5, 21\), \(7, 21\), \(2, 21\) in the model and \(5, 12\), "
    )
    with pytest.raises(SeqvisionError, match=message):
        create_model("stacked", num_classes=3, weights=source, **{**SMALL, "units": [7]})
    # Keras would load the first of two layers and say nothing.
    with pytest.raises(SeqvisionError, match=r"'recurrent_2' has .* model and no weights in the"):
        create_model("stacked", num_classes=3, weights=source, **{**SMALL, "units": [4, 4]})
    with pytest.raises(SeqvisionError, match="does not fit: layer"):
        create_model("stacked", num_classes=3, weights=source, **SMALL, cell="lstm")


def test_more_layers_in_the_file_than_in_the_model_do_not_fit(tmp_path):
    two = create_model("stacked", (6, 5), 3, units=[4, 4])
    two.save_weights(tmp_path / "two.weights.h5")
    with pytest.raises(SeqvisionError, match=r"'recurrent_2' has no weights in the model and \("):
        create_model("stacked", (6, 5), 3, tmp_path / "two.weights.h5", units=[4])


def test_another_scan_is_told(tmp_path, caplog):
    create_model("stacked", (6, 6), 3, units=[4]).save_weights(tmp_path / "rows.weights.h5")
    with caplog.at_level(logging.WARNING, "seqvision"):
        create_model("stacked", (6, 6), 3, tmp_path / "rows.weights.h5", units=[4], scan="columns")
    assert "its model has the layer rows in place of columns" in caplog.text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "mnist",
            None,
            "no tag or file 'mnist'.* a .keras or .weights.h5 file, or the folder of a",
        ),
        ("none.keras", None, "no file .*none.keras"),
        ("x" * 300, None, "no file"),
        ("folder", "folder", "folder holds no model.keras"),
        ("old.h5", b"", "old.h5 is another kind of file; expected"),
        ("damaged.keras", b"PK not really", "damaged.keras cannot be read: File is not a zip"),
        ("damaged.weights.h5", b"\x89HDF not really", "damaged.weights.h5 cannot be read: "),
        ("empty.keras", "archive", "empty.keras cannot be read: There is no item named"),
        (3, None, "got 3"),
    ],
)
def test_a_file_that_is_none(tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content == "archive":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("config.json", "{}")
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SeqvisionError, match=f"weights: .*{message}") as caught:
        create_model("stacked", num_classes=3, weights=name, **SMALL)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["model.keras", "mine.weights.h5"])
def test_a_file_cut_short(tmp_path, name):
    model = create_model("stacked", num_classes=3, **SMALL)
    path = tmp_path / name
    model.save(path) if name.endswith(".keras") else model.save_weights(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SeqvisionError, match=r"weights: .* cannot be read: "):
        create_model("stacked", num_classes=3, weights=path, **SMALL)
