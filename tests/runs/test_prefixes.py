"""Accuracy after each step, against the same weights reading images that really end there."""

import keras
import numpy as np
import pytest

import seqvision
from seqvision.data.base import Split
from seqvision.families import FAMILIES
from seqvision.runs.prefixes import said_after_each_step, write_prefixes
from seqvision.runs.run import _clear
from seqvision.scans import SCANS

RANDOM = np.random.default_rng(0)
TEST = Split(RANDOM.integers(0, 256, (60, 6, 4), dtype=np.uint8), RANDOM.integers(0, 3, 60))
# That what is said after each step is right with every cell is tested in exporting/test_stream.py.
OPTIONS = [
    *({"cell": cell} for cell in ("lstm", "sru", "ntm")),
    *({"scan": scan} for scan in SCANS.names()),
    {"scan": {"name": "columns", "reverse": True}, "pooling": "mean"},
    {"pooling": "max", "layer_norm": True, "dropout": 0.5},
    {"pooling": "attention"},
]


def after_truncation(model, end):
    """Answers of the model's own layers to the scanned sequence cut off after `end` steps."""
    x = TEST.samples.astype("float32")
    for layer in model.layers[1:]:
        x = layer(x[:, :end] if layer.name == "recurrent_1" else x)
    return keras.ops.convert_to_numpy(x).argmax(axis=1)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_one_pass_says_what_truncated_sequences_give(options):
    keras.utils.set_random_seed(1)
    model = seqvision.create_model("stacked", (6, 4), 3, **{"units": [8, 8], **options})
    said = said_after_each_step(model, TEST.samples)
    steps = model.get_layer("scan").output.shape[1]
    assert said.shape == (len(TEST), steps)
    for end in (1, steps // 2, steps):
        np.testing.assert_array_equal(said[:, end - 1], after_truncation(model, end))


def test_many_steps_and_a_last_batch_that_is_smaller():
    keras.utils.set_random_seed(2)
    images = RANDOM.integers(0, 256, (70, 15, 15), dtype=np.uint8)
    model = seqvision.create_model("stacked", (15, 15), 3, units=[4], scan="pixels")
    expected = model.predict(images, verbose=0).argmax(axis=1)
    np.testing.assert_array_equal(said_after_each_step(model, images)[:, -1], expected)


def test_of_an_image_made_smaller_each_pixel_is_read_with_its_square(tmp_path):
    shrunk = {"name": "pixels", "shrink": 2}
    model = seqvision.create_model("stacked", (6, 4), 4, units=[4], scan="pixels", input=shrunk)
    write_prefixes(tmp_path / "prefixes.npz", "stacked", model, TEST)
    with np.load(tmp_path / "prefixes.npz") as saved:
        np.testing.assert_array_equal(
            saved["order"][:4, :3], [[0, 0, 1], [0, 0, 1], [2, 2, 3], [2, 2, 3]]
        )


def test_the_file_counts_by_class_and_gives_an_example_of_each(tmp_path):
    scan = {"name": "columns", "reverse": True}
    model = seqvision.create_model("stacked", (6, 4), 4, units=[4], scan=scan)
    write_prefixes(tmp_path / "prefixes.npz", "stacked", model, TEST)
    said = said_after_each_step(model, TEST.samples)
    with np.load(tmp_path / "prefixes.npz") as saved:
        np.testing.assert_array_equal(saved["order"], np.tile([3, 2, 1, 0], (6, 1)))
        assert saved["images"].tolist() == [*np.bincount(TEST.labels), 0]  # None is of class 3.
        for step in range(4):
            of_class = [np.sum((said[:, step] == k) & (TEST.labels == k)) for k in range(4)]
            assert saved["right"][step].tolist() == of_class
        for k, example in enumerate(saved["examples"][:3]):
            assert TEST.labels[example] == k and k not in TEST.labels[:example]
            np.testing.assert_array_equal(saved["said"][:, k], said[example])
        assert saved["examples"][3] == -1


@pytest.mark.parametrize("family", FAMILIES.names())
def test_a_family_calls_itself_causal_only_if_it_never_looks_ahead(family):
    """The card is believed: what it says is tried, on every family that says it."""
    causal = FAMILIES.entry(family).card.get("causal", False)
    if family in ("bidirectional", "multi_scan"):
        assert not causal
    if not causal:
        return
    model = seqvision.create_model(family, (6, 4), 3, units=8)
    said = said_after_each_step(model, TEST.samples)
    changed = TEST.samples.copy()
    changed[:, 4:] = RANDOM.integers(0, 256, changed[:, 4:].shape)  # Rows 4 and 5.
    np.testing.assert_array_equal(said_after_each_step(model, changed)[:, :4], said[:, :4])


def test_a_model_that_looks_ahead_gets_no_file(tmp_path):
    model = seqvision.create_model("bidirectional", (6, 4), 3, units=[4])
    write_prefixes(tmp_path / "prefixes.npz", "bidirectional", model, TEST)
    assert not list(tmp_path.iterdir())


def test_a_run_writes_it_and_a_forced_run_leaves_none_behind(tmp_path):
    config = {
        "name": "small",
        "data": {"dataset": "digits", "validation": 0},
        "model": {"family": "stacked", "units": [16], "pooling": "mean"},
        "train": {"epochs": 2, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    }
    record = seqvision.run(config, results=tmp_path)
    file = tmp_path / record["run_id"] / "prefixes.npz"
    with np.load(file) as saved:
        right, images = saved["right"], saved["images"]
    assert images.sum() == record["dataset"]["test"]
    # The last step has read all: it is the run's own answer.
    assert right[-1].sum() / images.sum() == pytest.approx(record["metrics"]["test_accuracy"])
    assert right[-1].sum() > right[0].sum()
    assert file.stat().st_size < 5_000
    _clear(file.parent)
    assert not list(file.parent.glob("*.*z"))
