"""`seqvision.predict`: answers against the model's own, and what is asked beside them."""

import logging
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.special import softmax

import seqvision
from seqvision.data import load
from seqvision.data.background import background_of, light_border
from seqvision.errors import SeqvisionError
from seqvision.prediction.answers import trained_on
from seqvision.presets.facts import Facts, add_to_archive

NAMES = ("cat", "dog", "eel")
RANDOM = np.random.default_rng(5)
IMAGES = RANDOM.integers(0, 256, (10, 6, 4), dtype=np.uint8)
IMAGES[:, [0, -1]] = IMAGES[:, :, [0, -1]] = 9  # A dark border.


@pytest.fixture(scope="module")
def logits(model):
    return keras.ops.convert_to_numpy(model(IMAGES))


@pytest.fixture
def folder(tmp_path):
    """The ten images as pictures in folders, as the dataset `image_folder` wants them."""
    for i, image in enumerate(IMAGES):
        path = tmp_path / "pictures" / NAMES[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return tmp_path / "pictures"


def order_of(table):
    return [int(Path(name).stem) for name in table["file"]]


@pytest.mark.parametrize("kind", ["saved", "onnx"])
def test_pictures_of_a_folder(kind, folder, logits, request):
    table = seqvision.predict(
        request.getfixturevalue(kind), folder, top=2, probabilities=True, logits=True, batch=4
    )
    own = logits[order_of(table)]
    assert len(table) == 10 and table["error"].isna().all()
    chances = softmax(own / 2.0, axis=1)  # The temperature in the facts.
    np.testing.assert_allclose(table[[f"logit_{n}" for n in NAMES]], own, atol=1e-4)
    np.testing.assert_allclose(table[[f"p_{n}" for n in NAMES]], chances, atol=1e-4)
    order = np.argsort(-own, axis=1)
    assert table["class"].tolist() == [NAMES[i] for i in order[:, 0]]
    assert table["class_2"].tolist() == [NAMES[i] for i in order[:, 1]]
    np.testing.assert_allclose(table["probability"], chances.max(axis=1), atol=1e-4)
    assert (table["probability"] >= table["probability_2"]).all()


def test_the_pictures_are_those_that_the_dataset_holds(folder, model):
    spec = {"name": "image_folder", "path": str(folder), "size": [6, 4], "test": 0.2}
    dataset = load(spec)
    images = np.concatenate([dataset.train.samples, dataset.test.samples])
    whole = seqvision.predict(model, images, logits=True)
    table = seqvision.predict(model, [folder], logits=True)
    columns = ["logit_0", "logit_1", "logit_2"]  # A model without facts.
    pd.testing.assert_frame_equal(
        whole[columns].sort_values("logit_0", ignore_index=True),
        table[columns].sort_values("logit_0", ignore_index=True),
        rtol=1e-5,
        atol=1e-5,
    )


def test_a_temperature_changes_probabilities_only(saved, logits):
    for temperature, divisor in (("auto", 2), (None, 1), (5.0, 5)):
        table = seqvision.predict(saved, IMAGES, probabilities=True, temperature=temperature)
        chances = softmax(logits / divisor, axis=1)
        np.testing.assert_allclose(table[[f"p_{n}" for n in NAMES]], chances, atol=1e-5)
        assert table["class"].tolist() == [NAMES[i] for i in logits.argmax(axis=1)]
    for wrong in (0, -1.0, float("nan"), "hot"):
        with pytest.raises(SeqvisionError, match="expected a number above 0, auto or none"):
            seqvision.predict(saved, IMAGES, temperature=wrong)


def test_arrays_of_any_scale_lists_of_them_and_one_image(saved, logits):
    said = [NAMES[i] for i in logits.argmax(axis=1)]
    for given in (IMAGES, IMAGES / 255, list(IMAGES), IMAGES[..., None]):
        assert seqvision.predict(saved, given)["class"].tolist() == said
    one = seqvision.predict(saved, IMAGES[3])
    assert one["file"].tolist() == ["images[0]"] and one["class"].tolist() == [said[3]]
    with pytest.raises(SeqvisionError, match="images are 7×4, the model reads 6×4"):
        seqvision.predict(saved, np.zeros((2, 7, 4)))


def test_each_step_is_what_the_model_says_of_images_cut_off_there(saved, model, logits):
    table = seqvision.predict(saved, IMAGES, logits=True, steps=True, labels_from_folders=False)
    assert table["step"].tolist() == [*range(1, 7)] * 10
    given = table[[f"logit_{n}" for n in NAMES]].to_numpy().reshape(10, 6, 3)
    np.testing.assert_allclose(given[:, -1], logits, atol=1e-5)
    x = IMAGES.astype("float32")
    for layer in model.layers[1:]:
        x = layer(x[:, :2] if layer.name == "recurrent_1" else x)
    np.testing.assert_allclose(given[:, 1], x, atol=1e-5)


def test_a_model_that_cannot_say_each_step_says_so(onnx, model, facts, tmp_path):
    with pytest.raises(SeqvisionError, match=r"an \.onnx file answers once, at the end"):
        seqvision.predict(onnx, IMAGES, steps=True)
    with pytest.raises(SeqvisionError, match="the model: steps: it is not known to be of a family"):
        seqvision.predict(model, IMAGES, steps=True)
    both = seqvision.create_model("bidirectional", (6, 4), 3, units=4)
    both.save(tmp_path / "both.keras")
    add_to_archive(tmp_path / "both.keras", Facts((6, 4), NAMES, model={"family": "bidirectional"}))
    with pytest.raises(SeqvisionError, match="family 'bidirectional' looks ahead"):
        seqvision.predict(tmp_path / "both.keras", IMAGES, steps=True)


def test_labels_accuracy_and_confusion(saved, folder, logits, tmp_path):
    table = seqvision.predict(saved, folder, labels_from_folders=True)
    assert table["label"].tolist() == [NAMES[i % 2] for i in order_of(table)]
    score = table.attrs["score"]
    right = sum(NAMES[i % 2] == NAMES[k] for i, k in enumerate(logits.argmax(axis=1)))
    assert (score["right"], score["images"], score["accuracy"]) == (right, 10, right / 10)
    labels = np.arange(10) % 2
    np.savez(tmp_path / "x.npz", x=IMAGES, y=labels)
    archive = seqvision.predict(saved, tmp_path / "x.npz", labels_from_folders=True)
    assert archive.attrs["score"] == score
    assert archive["file"][3] == f"{tmp_path}/x.npz[3]"
    (folder / "dog").rename(folder / "hound")
    with pytest.raises(SeqvisionError, match=r"'hound'; its classes are cat, dog, eel"):
        seqvision.predict(saved, folder, labels_from_folders=True)
    np.savez(tmp_path / "x.npz", x=IMAGES, y=np.array(["cat", *["ox"] * 9]))
    with pytest.raises(SeqvisionError, match="labels 'ox' are no classes"):
        seqvision.predict(saved, tmp_path / "x.npz", labels_from_folders=True)
    with pytest.raises(SeqvisionError, match="holds no labels"):
        seqvision.predict(saved, IMAGES, labels_from_folders=True)


def test_a_plain_keras_model_has_numbers_for_names_or_those_given(model, logits):
    assert seqvision.predict(model, IMAGES)["class"].tolist() == [
        str(i) for i in logits.argmax(axis=1)
    ]
    named = seqvision.predict(model, IMAGES, class_names=["a", "b", "c"])
    assert named["class"].tolist() == ["abc"[i] for i in logits.argmax(axis=1)]
    with pytest.raises(SeqvisionError, match="has 3 classes; 2 names were given"):
        seqvision.predict(model, IMAGES, class_names=["a", "b"])
    with pytest.raises(SeqvisionError, match="some are the same"):
        seqvision.predict(model, IMAGES, class_names=["a", "b", "a"])
    with pytest.raises(SeqvisionError, match="top: expected a whole number above 0, got 0"):
        seqvision.predict(model, IMAGES, top=0)


def test_a_file_that_cannot_be_read_is_a_row_with_its_error(saved, folder, logits):
    (folder / "cat" / "0.png").write_bytes(b"none")
    whole = (folder / "dog" / "1.png").read_bytes()
    (folder / "dog" / "1.png").write_bytes(whole[:-40])
    np.savez(folder / "small.npz", x=np.zeros((2, 3, 3)))
    table = seqvision.predict(saved, [folder, folder / "small.npz"], logits=True)
    assert len(table) == 11 and table["class"].isna().sum() == 3
    errors = dict(zip([Path(f).name for f in table["file"]], table["error"], strict=True))
    assert errors["0.png"].startswith("cannot be read as a picture")
    assert errors["1.png"].startswith("cannot be read as a picture")
    assert errors["small.npz"] == "images are 3×3, the model reads 6×4"
    good = table[table["error"].isna()]
    own = logits[order_of(good)]
    np.testing.assert_allclose(good[[f"logit_{n}" for n in NAMES]], own, atol=1e-5)


def test_ink_on_paper_is_noticed_and_inverted_when_asked(saved, logits, caplog):
    said = [NAMES[i] for i in logits.argmax(axis=1)]
    caplog.set_level(logging.INFO, "seqvision")
    mixed = np.concatenate([255 - IMAGES[:4], IMAGES[4:]])
    seqvision.predict(saved, mixed, batch=3)
    (warning,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert "4 OF 10 IMAGES HAVE A LIGHT BACKGROUND AS INK ON PAPER HAS" in warning
    assert "--auto-invert such ones" in warning
    caplog.clear()
    assert seqvision.predict(saved, 255 - IMAGES, invert=True)["class"].tolist() == said
    assert seqvision.predict(saved, mixed, invert="auto")["class"].tolist() == said
    assert not [r for r in caplog.records if r.levelname == "WARNING"]
    assert "4 of 10 images were inverted" in caplog.text
    seqvision.predict(saved, IMAGES, invert=True)
    assert "10 OF 10 IMAGES" in caplog.text and "do not invert them" in caplog.text


def test_the_background_of_the_training_images_must_be_known_to_invert_some(model):
    with pytest.raises(SeqvisionError, match="not known whether it was trained on light or dark"):
        seqvision.predict(model, IMAGES, invert="auto")


def test_backgrounds():
    assert background_of(IMAGES) == "dark" and background_of(255 - IMAGES) == "light"
    assert background_of(np.concatenate([IMAGES, 255 - IMAGES])) is None
    colour = np.stack([255 - IMAGES] * 3, axis=-1)
    colour[0, 0] = 0  # A stroke along one side.
    assert light_border(colour).tolist() == [True] * 10
    assert background_of(load("mnist-5k").train.samples) == "dark"
    assert background_of(load("digits").test.samples) == "dark"


@pytest.mark.parametrize(
    ("more", "data", "expected"),
    [
        ({"dataset": {"name": "mnist", "background": "light"}}, "mnist", "light"),
        ({"dataset": {"name": "mnist", "background": None}}, None, "dark"),  # A record of before.
        ({}, "fashion_mnist", "dark"),
        ({"dataset": {"name": "image_folder:x"}}, {"name": "image_folder"}, None),
        ({}, None, None),
    ],
)
def test_what_is_known_of_the_background(more, data, expected):
    assert trained_on(Facts((28, 28), data=data, more=more)) == expected


def test_a_run_records_its_background_and_answers(tmp_path):
    config = {
        "name": "small",
        "data": {"dataset": "digits", "validation": 0},
        "model": {"family": "stacked", "units": [4]},
        "train": {"epochs": 1},
    }
    record = seqvision.run(config, seed=0, results=tmp_path)
    assert record["dataset"]["background"] == "dark"
    test = load("digits").test
    table = seqvision.predict(record.folder, test.samples, class_names=range(10))
    right = np.mean(table["class"].astype(int) == test.labels)
    assert right == pytest.approx(record["metrics"]["test_accuracy"], abs=1e-6)
