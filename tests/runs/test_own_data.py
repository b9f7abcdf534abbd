"""What was decided about a person's own images is in the record, and their validation part used."""

import json

import numpy as np
import pytest

from seqvision.config import load_config
from seqvision.data.base import Split
from seqvision.runs.run import perform
from seqvision.runs.setup import _class_weights


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Bright and dark halves as 0 and 1, labels 1 and 2, a validation part: one short run."""
    folder = tmp_path_factory.mktemp("own")
    labels = np.arange(60) % 2 + 1
    images = np.zeros((60, 6, 6), np.int64)
    images[labels == 1, :3] = 1
    images[labels == 2, 3:] = 1
    parts = {"train": slice(40), "val": slice(40, 50), "test": slice(50, 60)}
    arrays = {f"x_{part}": images[where] for part, where in parts.items()}
    arrays |= {f"y_{part}": labels[where] for part, where in parts.items()}
    np.savez(folder / "mine.npz", **arrays)
    config = load_config(
        {
            "name": "own",
            "data": {
                "dataset": {"name": "npz", "path": str(folder / "mine.npz")},
                "validation": 0.5,
            },
            "model": {"family": "stacked", "units": [8]},
            "train": {
                "epochs": 6,
                "batch_size": 4,
                "optimizer": {"name": "adam", "learning_rate": 0.02},
                "class_weights": "balanced",
            },
        }
    )
    record = perform(config, 0, folder / "results")
    return json.loads((folder / "results" / record["run_id"] / "record.json").read_text())


def test_the_record_says_what_was_decided(run):
    data = run["dataset"]
    assert data["scale"] == "0..1"
    assert data["class_names"] == ["1", "2"]
    notes = " ".join(data["notes"])
    assert "0..1 is taken for black to white" in notes
    assert "labels are 2 different numbers from 1 to 2" in notes


def test_the_validation_part_is_validated_with(run):
    data = run["dataset"]
    assert (data["train"], data["validation"], data["test"]) == (40, 10, 10)
    assert run["metrics"]["val_accuracy"] == run["metrics"]["test_accuracy"] == 1.0


def test_a_class_without_images_has_no_part_in_the_balance():
    split = Split(np.zeros((12, 1, 1)), np.repeat([0, 2], [9, 3]))
    weights = _class_weights("balanced", split, 3)
    # scikit-learn: n / (classes that occur * images of the class).
    assert weights[[0, 2]].tolist() == pytest.approx([12 / 18, 12 / 6])
    assert (weights[split.labels]).mean() == pytest.approx(1)
