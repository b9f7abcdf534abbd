"""Published weights of a model that reads series: they answer as the run did, wherever they go."""

import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import seqvision
from seqvision.config import load_config
from seqvision.data import load
from seqvision.data.series import Series
from seqvision.presets import manifest as manifest_module
from seqvision.presets import places
from seqvision.presets.facts import add_to_archive, from_json, of_archive
from seqvision.presets.find import find_trained
from seqvision.publishing.own_paths import without_folders
from seqvision.publishing.picture import picture
from seqvision.publishing.publish import add_to_manifest, publish_weights


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    generator = np.random.default_rng(0)
    x = np.full((80, 12, 2), np.nan, "float32")
    for n in range(80):
        length = generator.integers(3, 13)
        x[n, :length, 0] = 1000 + 5 * np.sin((0.4 + 1.2 * (n % 2)) * np.arange(length))
        x[n, :length, 1] = generator.normal(size=length)
    path = tmp_path_factory.mktemp("data") / "waves.npz"
    np.savez(path, x=x, y=np.arange(80) % 2)
    config = {
        "name": "waves",
        "data": {"dataset": {"name": "npz", "path": str(path), "kind": "series"}},
        "model": {"family": "stacked", "units": 8},
        "train": {"epochs": 2, "optimizer": {"name": "adam", "learning_rate": 0.02}},
    }
    return seqvision.run(config, results=tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def published(run, tmp_path_factory):
    return publish_weights([run.folder], tmp_path_factory.mktemp("published"), tag="waves")


@pytest.fixture(scope="module")
def unseen(run):
    return load(run["config"]["data"]["dataset"]).test.series


def chances(model, unseen):
    return seqvision.predict(model, unseen, probabilities=True, temperature=None)[["p_0", "p_1"]]


def test_it_answers_as_the_run_did(run, published, unseen):
    with np.load(run.folder / "predictions.npz") as arrays:
        said = arrays["probabilities"]
    np.testing.assert_allclose(chances(published.folder, unseen), said, atol=0.01)  # Rounded.
    model = seqvision.load_model(published.folder)
    assert model.input_shape == (None, None, 2)
    again = seqvision.create_model("stacked", (None, 2), 2, units=8, weights=published.folder)
    for each in (model, again):
        logits = each.predict_on_batch(unseen.padded())
        pd.testing.assert_frame_equal(
            chances(each, unseen), chances(published.folder, unseen), atol=1e-5
        )
        assert (logits.argmax(axis=1) == said.argmax(axis=1)).all()


def test_facts_with_a_number_of_steps_that_is_open_stay_what_they_are(published, run, tmp_path):
    facts = published.facts
    assert (facts.kind, facts.input_shape) == ("series", (None, 2))
    assert from_json(json.loads(json.dumps(facts.to_json())), "x") == facts
    assert find_trained(published.folder).facts == facts
    seqvision.load_model(run.folder).save(tmp_path / "x.keras")
    add_to_archive(tmp_path / "x.keras", facts)
    assert of_archive(tmp_path / "x.keras") == facts
    assert of_archive(run.folder / "model.keras").input_shape == (None, 2)


def test_a_line_of_the_manifest_is_a_model_by_its_name(published, unseen, tmp_path, monkeypatch):
    add_to_manifest(published, tmp_path / "manifest.jsonl", tmp_path / "files")
    monkeypatch.setattr(manifest_module, "MANIFEST", tmp_path / "manifest.jsonl")
    monkeypatch.setattr(places, "PLACES", {"package": tmp_path / "files"})
    expected = chances(published.folder, unseen)
    pd.testing.assert_frame_equal(chances("waves:waves", unseen), expected)
    by_name = seqvision.create_model("waves", weights="waves")
    pd.testing.assert_frame_equal(chances(by_name, unseen), expected)


def test_the_card_speaks_of_series(published):
    text = (published.folder / "README.md").read_text()
    assert "for series of 2 features (family stacked" in text
    assert "(batch, steps, features)" in text and "A test series of each class" in text
    assert "image" not in text and "pixel" not in text
    assert "pipeline_tag" not in text and "type: time-series-classification" in text


def test_where_the_data_lay_is_told_nowhere(published, run):
    folder = str(run.folder.parents[1]), run["config"]["data"]["dataset"]["path"]
    for name in ("README.md", "config.yaml", "seqvision.json"):
        text = (published.folder / name).read_text()
        assert "waves.npz" in text and not any(each in text for each in folder), name
        assert "pytest" not in text  # As all temporary folders are called here.
    text = (published.folder / "README.md").read_text()
    assert '"path": "waves.npz"' in text and run["dataset"]["checksum"] in text
    again = load_config(published.folder / "config.yaml").resolved()
    again["data"]["dataset"]["path"] = folder[1]
    assert load_config(again).hash == run["config_hash"]


def test_the_card_shows_each_metric_of_the_record(published):
    text, own = (published.folder / "README.md").read_text(), published.facts.more["own_metrics"]
    for words, key in {
        "accuracy": "test_accuracy",
        "balanced accuracy": "balanced_accuracy",
        "macro F1": "macro_f1",
        "macro AUROC": "macro_auroc",
        "log-loss": "test_loss",
    }.items():
        (value,) = re.findall(rf"^\| {words} \| ([0-9.]+)(%?) \|$", text, re.MULTILINE)
        assert float(value[0]) * (0.01 if value[1] else 1) == pytest.approx(own[key], rel=1e-3)


def test_paths_of_a_machine_are_names():
    given = {"a": "/home/me/x.npz", "b": ["~/y.csv", 3, {"c": "../z"}], "d": "data/x.npz", "e": "x"}
    shown = {"a": "x.npz", "b": ["y.csv", 3, {"c": "z"}], "d": "data/x.npz", "e": "x"}
    assert without_folders(given) == shown


def test_the_picture_draws_lines_that_are_open_at_gaps():
    flat = np.full((9, 1), 1, "float32")
    gap = flat.copy()
    gap[3:6] = np.nan
    alone = np.full((9, 1), np.nan, "float32")
    alone[[0, 8]] = 1  # Two points, each a step by itself.
    series = Series.of([flat, gap, alone, np.zeros((9, 1))])
    file = picture(series, np.arange(4), np.array([0, 1, 2, 0]), ["a", "b", "c", "d"])
    sheet = np.asarray(Image.open(io.BytesIO(file)))
    assert sheet.shape[1] == 4 * (120 + 8) + 8
    inked = [(sheet[8:68, 8 + n * 128 : 128 + n * 128] < 200).any(axis=(0, 2)) for n in range(4)]
    assert inked[0][2:118].all()
    middle = slice(45, 75)
    assert not inked[1][middle].any() and inked[1][2:30].all() and inked[1][90:118].all()
    assert inked[2][2:4].any() and inked[2][116:118].any() and not inked[2][10:110].any()
    ink = sheet[8:68, 8 + 3 * 128 : 128 + 3 * 128].min(axis=2)
    assert np.flatnonzero((ink < 200).any(axis=1)).mean() > 50  # 0 lies at the bottom.
