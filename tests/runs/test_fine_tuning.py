"""Runs that begin with trained weights: what is frozen stays, and rates decay by layer."""

import hashlib
import logging
import shutil
import zipfile

import keras
import numpy as np
import pytest
from slow import all_but

import seqvision
from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.runs.history import read_history
from seqvision.runs.parent import of_its_parent, parent_of
from seqvision.runs.progress import Progress
from seqvision.runs.run import perform
from seqvision.runs.stages import distances, learning, shares

MODEL = {"family": "stacked", "cell": "simple_rnn", "units": [6, 5], "layer_norm": True}
ADAMW = {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.1}
STILL = {"name": "sgd", "learning_rate": 1e-30}
"""It changes no weight that is not zero."""


def config(name="child", model=(), data=(), **train):
    return {
        "name": name,
        "data": {"dataset": "digits", "validation": 200, "training": 300, **dict(data)},
        "model": {**MODEL, **dict(model)},
        "train": {"epochs": 2, "batch_size": 64, "optimizer": ADAMW, **train},
    }


def trained(config, results, seed=0, overrides=(), **options):
    """The record of a run that is not tested, which takes half the time."""
    return perform(load_config(config, overrides), seed, results, test=False, **options)


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    """The record of a run whose weights others begin with."""
    return trained(config("parent", epochs=1), tmp_path_factory.mktemp("parents"))


@pytest.fixture
def run(tmp_path, parent):
    def perform(results="results", progress=None, **train):
        child = config(model={"weights": str(parent.folder)}, **train)
        return trained(child, tmp_path / results, progress=progress)

    return perform


def weights(record):
    """The weights of a run's model by layer."""
    model = seqvision.load_model(record.folder)
    return {layer.name: layer.get_weights() for layer in model.layers if layer.weights}


def same(ours, theirs):
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


class Stop(Progress):
    """Ends the process, as a kill would, after an epoch's checkpoint."""

    def __init__(self, after):
        self.after = after

    def epoch(self, row):
        if row["epoch"] == self.after:
            raise KeyboardInterrupt


# What it begins with.


def test_a_run_begins_with_its_parents_weights(run, parent):
    record = run(epochs=1, optimizer=STILL)
    before, after = weights(parent), weights(record)
    assert all(same(before[name], after[name]) for name in before)
    told = record["model"]["parent"]
    assert told["name"] == parent["run_id"] and told["source"] == str(parent.folder)
    assert told["dataset"] == "digits" and told["fresh"] == []


def test_the_hash_is_that_of_the_weights_in_the_file(run, parent, tmp_path):
    """Not of the archive, which Keras never writes twice alike."""
    with zipfile.ZipFile(parent.folder / "model.keras") as archive:
        digest = hashlib.sha256(archive.read("model.weights.h5")).hexdigest()
    assert run(epochs=1)["model"]["parent"]["sha256"] == digest
    again = tmp_path / "again.keras"
    seqvision.load_model(parent.folder).save(again)
    child = load_config(config(model={"weights": str(again)}))
    assert parent_of(child).sha256 == digest and parent_of(child).name == str(again)


@pytest.mark.parametrize("differs", all_but(["number"], ["names", "number"]))
def test_other_classes_get_a_head_that_begins_anew(differs, parent, tmp_path, caplog):
    generator = np.random.default_rng(0)
    labels = np.arange(60) % (10 if differs == "names" else 3)
    images = generator.integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "mine.npz", x=images, y=np.array([f"class {n}" for n in labels]))
    mine = {"dataset": {"name": "npz", "path": str(tmp_path / "mine.npz")}, "validation": 0}
    child = config(model={"weights": str(parent.folder)}, epochs=1, freeze=["*_1", "*_2"])
    child["data"] = mine
    record = trained(child, tmp_path)
    assert record["model"]["parent"]["fresh"] == ["logits"]
    assert "layer 'logits' begins anew" in caplog.text
    before, after = weights(parent), weights(record)
    assert same(before["recurrent_1"], after["recurrent_1"])
    # It was trained from initial weights, in which biases are zeros, and hardly at all.
    child["train"]["optimizer"] = STILL
    bias = weights(trained(child, tmp_path))["logits"][1]
    np.testing.assert_allclose(bias, 0, atol=1e-20)
    assert np.all(np.abs(before["logits"][1]) > 1e-20)


# What is frozen.


def test_what_is_frozen_stays_bit_for_bit(run, parent):
    """Though weights decay, and are averaged."""
    averaged = {**ADAMW, "use_ema": True, "ema_momentum": 0.5}
    record = run(freeze=["recurrent_1", "norm_*"], optimizer=averaged)
    before, after = weights(parent), weights(record)
    assert same(before["recurrent_1"], after["recurrent_1"])
    assert same(before["norm_1"], after["norm_1"])
    for name in ("recurrent_2", "logits"):
        assert all(np.any(a != b) for a, b in zip(before[name], after[name], strict=True))


def with_batch_norm(input_shape, num_classes, *, drop: float = 0.0):
    """A recurrent layer within batch normalizations."""
    images = keras.Input(input_shape)
    x = keras.layers.BatchNormalization(name="norm_1", momentum=0.5)(images)
    x = seqvision.layers.Bidirectional(seqvision.layers.GRU(4), name="recurrent_1")(x)
    x = keras.layers.BatchNormalization(name="norm_2", momentum=0.5)(x)
    return keras.Model(images, keras.layers.Dense(num_classes, name="logits")(x))


@pytest.fixture
def of_batch_norm():
    """It is registered for as long: tests of every family are not of this one."""
    FAMILIES.register("with_batch_norm")(with_batch_norm)
    yield
    FAMILIES._imported.pop("with_batch_norm")


@pytest.mark.parametrize(
    "how", [{"head_epochs": 2}, *all_but([], [{"freeze": ["norm_*", "rec*"]}])]
)
@pytest.mark.slow
def test_frozen_batch_statistics_are_used_and_do_not_move(how, tmp_path, of_batch_norm):
    model = {"family": "with_batch_norm"}
    first = config("first", epochs=1)
    first["model"] = model
    parent = trained(first, tmp_path)
    child = {**config(**how), "model": {**model, "weights": str(parent.folder)}}
    record = trained(child, tmp_path)
    before, after = weights(parent), weights(record)
    assert all(same(before[name], after[name]) for name in ("norm_1", "norm_2", "recurrent_1"))
    assert np.any(before["norm_1"][2] != 0)  # The mean has moved in the parent.


def test_what_cannot_be_frozen_is_said(run):
    with pytest.raises(
        SeqvisionError,
        match=r"train\.freeze\.0: .*'recurent_1'; did you mean 'recurr",
    ):
        run(freeze=["recurent_1"])
    with pytest.raises(SeqvisionError, match="leaves no weights to train"):
        run(freeze=["*"])
    with pytest.raises(SeqvisionError, match="freeze matches the head, 'logits'"):
        run(freeze=["logits"], head_epochs=1)


# The head first.


def test_the_head_alone_learns_first(run, parent):
    before = weights(parent)
    after = weights(run(epochs=3, stop_after=2, head_epochs=2))
    for name in ("recurrent_1", "norm_1", "recurrent_2"):
        assert same(before[name], after[name])
    assert not same(before["logits"], after["logits"])
    # As if the others had been frozen.
    frozen = run(epochs=2, freeze=["recurrent_*", "norm_1"], results="frozen")
    assert same(after["logits"], weights(frozen)["logits"])


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.slow
def test_a_killed_run_ends_as_if_it_had_not_been(run, after):
    how = {
        "epochs": 4,
        "head_epochs": 2,
        "layer_decay": 0.5,
        "schedule": {"name": "one_cycle"},
        "optimizer": {**ADAMW, "use_ema": True, "ema_momentum": 0.9},
        "augment": {"shift": 0.1},
    }
    whole = run(**how, results="whole")
    with pytest.raises(KeyboardInterrupt):
        run(**how, progress=Stop(after))
    resumed = run(**how)
    assert resumed["metrics"] == whole["metrics"]
    ours, theirs = weights(resumed), weights(whole)
    assert all(same(ours[name], theirs[name]) for name in ours)


@pytest.mark.slow
def test_the_schedule_goes_on_when_the_rest_unfreezes(run):
    record = run(epochs=4, head_epochs=2, schedule={"name": "cosine"})
    rates = [row["learning_rate"] for row in read_history(record.folder)]
    # After 5, 10, 15 and 20 of 20 steps.
    expected = [0.01 * (1 + np.cos(np.pi * done / 4)) / 2 for done in (1, 2, 3, 4)]
    assert rates == pytest.approx(expected, rel=1e-4, abs=1e-9)


# Rates by layer.


def test_distances_count_layers_with_weights_from_the_head():
    model = seqvision.create_model(
        "stacked", (6, 5), 3, units=[3, 3, 3], layer_norm=True, dropout=0.1
    )
    far = distances(model)
    assert far["logits"] == 0 and far["recurrent_3"] == 1 and far["dropout_3"] == 1
    assert far["norm_2"] == far["recurrent_2"] == 2
    assert far["norm_1"] == far["recurrent_1"] == 3
    branches = seqvision.create_model("multi_scan", (6, 5), 3, units=[3, 3], pooling="attention")
    far = distances(branches)
    assert far["way_1_attention"] == far["way_2_attention"] == 1
    assert far["way_1_recurrent_1"] == far["way_2_recurrent_1"] == 3
    assert shares(branches, 0.5)["way_2_recurrent_2"] == 0.25
    assert set(shares(branches, None).values()) == {1.0}


def test_a_run_decays_its_rates(run, parent):
    """One step of SGD: what a layer moves is its share of what it moves without decay."""
    how = {"epochs": 1, "batch_size": 300, "optimizer": {"name": "sgd", "learning_rate": 0.1}}
    before = weights(parent)
    free, decayed = weights(run(**how)), weights(run(**how, layer_decay=0.5))
    for name, share in {
        "logits": 1,
        "recurrent_2": 0.5,
        "norm_1": 0.25,
        "recurrent_1": 0.25,
    }.items():
        for start, whole, part in zip(before[name], free[name], decayed[name], strict=True):
            np.testing.assert_allclose(part - start, share * (whole - start), atol=2e-7)


def test_how_layers_learn_is_said_in_words():
    model = seqvision.create_model("stacked", (6, 5), 3, units=[3, 3])
    model.get_layer("recurrent_1").trainable = False
    how = load_config(config(freeze=["recurrent_1"], head_epochs=1, layer_decay=0.7)).train
    said = learning(model, how)
    assert said["recurrent_1"] == "frozen" and said["scan"] == ""
    assert said["recurrent_2"] == "× 0.7, from epoch 2" and said["logits"] == "× 1"
    assert learning(model, load_config(config()).train) == {}


# Another parent is another run.


@pytest.fixture
def copied(parent, tmp_path):
    """A copy of the parent, to be replaced."""
    file = tmp_path / "parent.keras"
    shutil.copyfile(parent.folder / "model.keras", file)
    return file


def replaced(file):
    model = seqvision.load_model(file)
    model.set_weights([w + 0.01 for w in model.get_weights()])
    model.save(file)


@pytest.mark.slow
def test_another_parent_makes_another_run_and_both_are_kept(copied, tmp_path, caplog):
    child, results = config(model={"weights": str(copied)}), tmp_path / "results"
    first = trained(child, results)
    assert trained(child, results) == first
    original = copied.read_bytes()
    replaced(copied)
    assert of_its_parent(first, load_config(child)) is False
    second = trained(child, results)
    assert second["model"]["parent"]["sha256"] != first["model"]["parent"]["sha256"]
    assert second["metrics"] != first["metrics"]
    assert "of other data or another parent" in caplog.text
    table = seqvision.load_records(results)
    assert set(table["val_loss"]) == {r["metrics"]["val_loss"] for r in (first, second)}
    copied.write_bytes(original)
    assert trained(child, results) == first
    copied.unlink()
    assert trained(child, results) == first
    assert "its parent is gone" in caplog.text


@pytest.mark.slow
def test_a_checkpoint_of_another_parent_is_not_gone_on_from(copied, tmp_path, caplog):
    child, results = config(model={"weights": str(copied)}), tmp_path / "results"
    with pytest.raises(KeyboardInterrupt):
        trained(child, results, progress=Stop(1))
    replaced(copied)
    resumed = trained(child, results)
    anew = trained(child, tmp_path / "anew")
    assert resumed["metrics"] == anew["metrics"]


@pytest.mark.slow
def test_a_longer_run_goes_on_only_from_one_of_the_same_parent(copied, tmp_path, caplog):
    caplog.set_level(logging.INFO, "seqvision")
    child, results = config(model={"weights": str(copied)}, head_epochs=1), tmp_path / "results"
    trained(child, results)
    longer = trained(child, results, overrides=["train.epochs=3"])
    assert "after its 2 epochs" in caplog.text
    whole = trained(child, results, overrides=["train.epochs=3"], force=True)
    assert longer["metrics"] == whole["metrics"]
    caplog.clear()
    replaced(copied)
    trained(child, results, overrides=["train.epochs=4"])
    assert "goes on from" not in caplog.text


# What is wrong is said.


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"weights": "none.keras"}, "weights: no file 'none.keras'"),
        ({"weights": "no_such_tag"}, "weights: no tag or file 'no_such_tag'"),
        ({"weights": 3}, "model.weights: expected a tag, a folder or a file, got 3"),
        ({"units": [6, 7]}, r"does not fit: its model has units \[6, 5\], this one \[6, 7\]"),
        ({"cell": "minimal_rnn"}, "does not fit: its model has cell 'simple_rnn'"),
    ],
)
def test_weights_that_are_not_there_or_do_not_fit(model, message, parent, tmp_path):
    child = config(model={"weights": str(parent.folder), **model})
    with pytest.raises(SeqvisionError, match=message):
        trained(child, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_damaged_weights(tmp_path):
    (tmp_path / "damaged.keras").write_bytes(b"PK not really")
    with pytest.raises(SeqvisionError, match="cannot be read"):
        seqvision.run(config(model={"weights": str(tmp_path / "damaged.keras")}), results=tmp_path)
