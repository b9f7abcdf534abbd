"""From finished runs to published weights: which, what is said of them, and when it refuses."""

import json
import re
import shlex
import shutil
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from scipy import stats
from scipy.special import log_softmax, softmax
from sklearn.metrics import accuracy_score

import seqvision
from seqvision.config import load_config
from seqvision.data import load
from seqvision.errors import SeqvisionError
from seqvision.presets import manifest as manifest_module
from seqvision.presets import places
from seqvision.presets.checksum import sha256
from seqvision.presets.find import find_trained
from seqvision.publishing import rounding
from seqvision.publishing.choose import best
from seqvision.publishing.publish import add_to_manifest, publish_weights
from seqvision.publishing.repeat import repeating
from seqvision.publishing.temperature import fit_temperature

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 0.2},
    "model": {"family": "stacked", "units": [8], "dropout": 0.1},
    "train": {"epochs": 2, "optimizer": {"name": "adam", "learning_rate": 0.01}},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of two finished runs of one config."""
    results = tmp_path_factory.mktemp("results")
    return [seqvision.run(CONFIG, seed=seed, results=results).folder for seed in (0, 1)]


@pytest.fixture(scope="module")
def published(runs, tmp_path_factory):
    output = tmp_path_factory.mktemp("published")
    urls = ["https://example.org/files/"]
    return publish_weights(runs, output, licence="apache-2.0", urls=urls)


@pytest.fixture
def damaged(runs, tmp_path):
    """A copy of a run, to be damaged; `change(path, value)` changes its record."""
    folder = tmp_path / "a run"
    shutil.copytree(runs[0], folder)

    def change(path, value):
        record = json.loads((folder / "record.json").read_text())
        *sections, key = path.split(".")
        section = record
        for each in sections:
            section = section[each]
        section[key] = value
        (folder / "record.json").write_text(json.dumps(record))
        return folder

    return change


def record_of(folder):
    return json.loads((folder / "record.json").read_text())


def test_the_folder_is_a_model_that_answers_as_it_says(published):
    facts, digits = published.facts, load("digits")
    own = facts.more["own_metrics"]
    model = seqvision.load_model(published.folder)
    logits = model.predict_on_batch(digits.test.samples)
    labels = digits.test.labels
    assert own["test_accuracy"] == accuracy_score(labels, logits.argmax(axis=1))
    chosen = log_softmax(logits, axis=1)[np.arange(len(labels)), labels]
    assert own["test_loss"] == pytest.approx(-chosen.mean(), rel=1e-4)
    assert find_trained(published.folder).facts == facts
    assert facts.class_names == digits.class_names and facts.input_shape == (8, 8)
    assert {p.name for p in published.folder.iterdir()} == {
        "README.md",
        "config.yaml",
        "model.weights.h5",
        "picture.png",
        "seqvision.json",
    }
    assert Image.open(published.folder / "picture.png").size[0] > 10 * 80


def test_metrics_are_over_seeds_with_students_interval(published, runs):
    values = [record_of(run)["metrics"]["test_accuracy"] for run in runs]
    low, high = stats.t.interval(0.95, 1, np.mean(values), stats.sem(values))
    over = published.facts.more["metrics"]["test_accuracy"]
    assert over == pytest.approx({"mean": np.mean(values), "low": low, "high": high})
    assert published.facts.more["seeds"] == [0, 1]


def test_it_says_where_it_is_from_and_how_it_is_repeated(published, runs):
    more, record = published.facts.more, record_of(runs[0])
    assert more["config_hash"] == record["config_hash"]
    assert more["dataset"]["checksum"] == record["dataset"]["checksum"]
    assert more["command"] == "seqvision run config.yaml --seeds 0-1"
    assert more["versions"]["keras"] == record["environment"]["keras"]
    assert more["sha256"] == sha256(published.folder / "model.weights.h5")
    assert more["urls"] == ["https://example.org/files/small.digits.weights.h5"]
    assert (more["name"], more["tag"], more["dtype"]) == ("small", "digits", "float16")
    again = load_config(published.folder / "config.yaml")
    assert again.hash == more["config_hash"]


def test_the_hub_reads_the_card(published):
    card = pytest.importorskip("huggingface_hub").ModelCard.load(published.folder / "README.md")
    data, more = card.data, published.facts.more
    assert (data.library_name, data.pipeline_tag) == ("keras", "image-classification")
    assert data.license == "apache-2.0"
    over, own, *_ = data.eval_results
    assert (over.metric_type, over.dataset_name, over.dataset_split) == (
        "accuracy",
        "digits",
        "test",
    )
    assert over.metric_value == more["metrics"]["test_accuracy"]["mean"]
    assert over.metric_args["interval_95"][0] == more["metrics"]["test_accuracy"]["low"]
    assert own.metric_value == more["own_metrics"]["test_accuracy"]
    accuracy = f"{more['own_metrics']['test_accuracy']:.2%}"
    assert re.search(rf"^\| accuracy \| .* to .* \| {accuracy} \|$", card.text, re.MULTILINE)
    assert "![" in card.text and "picture.png" in card.text and "## Limits" in card.text


@pytest.mark.slow
def test_the_same_bytes_from_another_process(published, runs, tmp_path, new_process):
    new_process(
        "from pathlib import Path; from seqvision.publishing.publish import publish_weights\n"
        f"runs = map(Path, {[str(run) for run in runs]})\n"
        f"publish_weights([*runs], Path({str(tmp_path / 'again')!r}))"
    )
    for name in ("model.weights.h5", "picture.png", "config.yaml"):
        again = tmp_path / "again" / "small.digits" / name
        assert again.read_bytes() == (published.folder / name).read_bytes()


def test_validation_chooses_and_never_the_test_images():
    def run(seed, **metrics):
        return {"seed": seed, "metrics": metrics}

    runs = [
        run(0, val_accuracy=0.8, val_loss=0.1, test_accuracy=0.99),
        run(1, val_accuracy=0.9, val_loss=0.5, test_accuracy=0.1),
        run(2, val_accuracy=0.9, val_loss=0.4, test_accuracy=0.2),
        run(3, val_accuracy=0.9, val_loss=0.4, test_accuracy=0.9),
    ]
    assert best(runs)["seed"] == best(runs[::-1])["seed"] == 2
    assert best([run(1, test_accuracy=0.9), run(0, test_accuracy=0.1)])["seed"] == 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_labels_were_drawn_with_is_found(temperature):
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (20_000, 6))
    shares = softmax(logits / temperature, axis=1).cumsum(axis=1)
    labels = (random.random((len(logits), 1)) > shares).sum(axis=1)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.03)
    # Where the loss is least, the expected logit is that of the labels, on average.
    expected = (softmax(logits / found, axis=1) * logits).sum(axis=1).mean()
    assert expected == pytest.approx(logits[np.arange(len(labels)), labels].mean(), abs=1e-3)


def test_where_no_temperature_is_the_best_none_is_given():
    logits = np.eye(3) * 4
    assert fit_temperature(logits, np.arange(3)) is None
    assert fit_temperature(logits, (np.arange(3) + 1) % 3) is None
    assert fit_temperature(logits[:0], np.arange(0)) is None


def test_weights_are_rounded_only_where_no_image_shows_it(runs, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(rounding, "TOLERANCE", 1e-7)
    with caplog.at_level("INFO", "seqvision"):
        facts = publish_weights(runs[:1], tmp_path).facts
    for fraction in rounding.FRACTIONS:
        assert f"not rounded to {fraction} bits: a logit differs by" in caplog.text
    assert facts.more["dtype"] == "float32" and "rounding" not in facts.more
    assert facts.more["metrics"]["test_accuracy"]["low"] is None  # One seed has no interval.
    assert facts.more["own_metrics"]["test_accuracy"] == pytest.approx(
        record_of(runs[0])["metrics"]["test_accuracy"]
    )
    whole = seqvision.load_model(runs[0]).get_weights()
    for mine, its in zip(
        seqvision.load_model(tmp_path / "small.digits").get_weights(), whole, strict=True
    ):
        np.testing.assert_array_equal(mine, its)


def test_rounding_is_refused_where_another_number_of_images_is_right():
    single = np.array([[0.001, 0.0], [0.0, 1.0]])
    labels = np.array([0, 1])
    assert rounding.compare(13, single, single, labels).hindrance() is None
    near = rounding.compare(13, single, np.array([[0.0, 0.001], [0.0, 1.0]]), labels)
    assert near.apart == pytest.approx(0.001)
    assert near.hindrance() == "1 images are right in place of 2"
    assert "nan" in rounding.compare(13, single, single * np.nan, labels).hindrance()


@pytest.mark.parametrize("fraction", [13, 16])
def test_numbers_are_rounded_to_the_nearest(fraction):
    """As NumPy rounds the integer that a number is in units of its last kept bit."""
    values = np.random.default_rng(0).normal(size=999).astype(np.float32)
    values[:3] = 1 + 2.0 ** -(fraction + 1), 1 + 3 * 2.0 ** -(fraction + 1), 0  # Ties; and zero.
    exponents = np.frexp(values.astype(np.float64))[1] - 1
    unit = 2.0 ** (exponents - fraction)
    expected = np.rint(values.astype(np.float64) / unit) * unit
    np.testing.assert_array_equal(rounding.rounded(values, fraction), expected)


def test_a_line_and_a_file_are_added_in_place_of_those_of_before(published, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest_module, "MANIFEST", tmp_path / "manifest.jsonl")
    monkeypatch.setattr(places, "PLACES", {"package": tmp_path / "weights"})
    for _ in range(2):
        add_to_manifest(published, tmp_path / "manifest.jsonl", tmp_path / "weights")
    assert len((tmp_path / "manifest.jsonl").read_text().splitlines()) == 1
    assert [p.name for p in (tmp_path / "weights").iterdir()] == ["small.digits.weights.h5"]
    images = load("digits").test.samples[:3]
    np.testing.assert_array_equal(
        seqvision.load_model("small:digits")(images), seqvision.load_model(published.folder)(images)
    )
    # A name that is not in the zoo is known by its line.
    assert seqvision.create_model("small", weights="digits").input_shape == (None, 8, 8)
    assert seqvision.list_models(pretrained=True) == ["small"]
    with pytest.raises(SeqvisionError, match="no model or family 'small'"):
        seqvision.create_model("small")


def wrong_weights(change):
    folder = change("seed", 0)
    model = seqvision.load_model(folder)
    model.set_weights([0 * weight for weight in model.get_weights()])
    model.save(folder / "model.keras")
    return folder


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda c: c("dataset.checksum", "0" * 64), "trained on other data than digits is here"),
        (wrong_weights, "they do not belong together"),
        (lambda c: c("status", "failed"), "its run is failed; name the folder of a finished run"),
        (lambda c: c("name", "a/b"), "name: expected letters, digits"),
    ],
)
def test_what_is_wrong_with_a_run_leaves_nothing(damage, message, damaged, tmp_path):
    folder = damage(damaged)
    with pytest.raises(SeqvisionError, match=message):
        publish_weights([folder], tmp_path / "published")
    assert not list((tmp_path / "published").glob("*"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda c: c("config_hash", "0123abcd"), "the runs must be of one config: "),
        (lambda c: c("dataset.checksum", "0"), "are of different data"),
        (lambda c: c("seed", 1), "seed 1 twice: "),
        (lambda c: c("status", "finished").parent / "none", "no such folder"),
        (lambda c: c("status", "finished").parent, "holds no record"),
    ],
)
def test_runs_that_do_not_belong_together(damage, message, damaged, runs, tmp_path):
    with pytest.raises(SeqvisionError, match=message):
        publish_weights([runs[1], damage(damaged)], tmp_path / "published")


def test_a_folder_of_other_things_stays(runs, tmp_path):
    (tmp_path / "small.digits").mkdir()
    (tmp_path / "small.digits" / "mine.txt").write_text("mine")
    with pytest.raises(SeqvisionError, match="is there already, and holds no published weights"):
        publish_weights(runs, tmp_path)
    assert (tmp_path / "small.digits" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("overrides", "command"),
    [
        ([], "seqvision run irnn --seeds 0,3"),
        (["train.test_every=7"], "seqvision run irnn --seeds 0,3"),
        (["data.dataset=digits"], "seqvision run irnn --set data.dataset=digits --seeds 0,3"),
        (["train.epochs=2", "train.batch_size=7"], None),
        (["name=mine"], "seqvision run config.yaml --seeds 0,3"),
    ],
)
def test_the_command_repeats_the_config(overrides, command):
    config = load_config("irnn", overrides)
    said = repeating(config, [0, 3])
    assert command in (None, said)
    words = shlex.split(said)
    if words[2] != "config.yaml":
        sets = [word for before, word in pairwise(words) if before == "--set"]
        assert load_config(words[2], sets).hash == config.hash


def test_what_was_fine_tuned_is_a_model_of_its_own(runs, tmp_path):
    """Its facts say what it came from, and it can be built without that."""
    tuned = {**CONFIG, "name": "tuned", "model": {**CONFIG["model"], "weights": str(runs[0])}}
    run = seqvision.run({**tuned, "train": {"epochs": 1}}, results=tmp_path / "results").folder
    published = publish_weights([run], tmp_path / "out")
    parent = record_of(run)["model"]["parent"]
    assert published.facts.more["parent"]["sha256"] == parent["sha256"]
    assert str(runs[0]) not in json.dumps(published.facts.more["parent"])
    assert parent["sha256"] in (published.folder / "README.md").read_text()
    whole = seqvision.load_model(run).get_weights()
    for source in (run, published.folder):
        model = seqvision.create_model("stacked", weights=source, units=[8], dropout=0.1)
        for mine, its in zip(model.get_weights(), whole, strict=True):
            np.testing.assert_allclose(mine, its, atol=2e-3)
