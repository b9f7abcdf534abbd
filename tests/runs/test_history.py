"""history.csv, of this version and of earlier ones."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import seqvision
from seqvision.runs.history import read_history, write_history

PUBLISHED = Path(__file__).parents[2] / "results" / "published" / "zoo"


def test_a_published_history_has_the_names_of_today():
    folder = next((PUBLISHED / "fashion_gru3").glob("*-s0"))
    record = json.loads((folder / "record.json").read_text())
    assert read_history(folder)[-1]["val_error"] == pytest.approx(record["metrics"]["val_error"])


def test_what_is_written_is_read(tmp_path):
    write_history(tmp_path, [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "val_loss": 0.25}])
    first, second = read_history(tmp_path)
    assert first["loss"] == 0.5 and second["val_loss"] == 0.25
    assert math.isnan(first["val_loss"]) and math.isnan(second["loss"])


@pytest.mark.parametrize("text", ["epoch,loss\n1,x\n", "epoch,loss\n1,2,3\n"])
def test_a_damaged_history_is_told(text, tmp_path):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(ValueError):
        read_history(tmp_path)


def test_a_run_of_an_earlier_version_goes_on(tmp_path):
    config = {
        "name": "small",
        "data": {"dataset": "digits", "validation": 200},
        "model": {"family": "stacked", "units": [4]},
        "train": {"epochs": 1, "batch_size": 256},
    }
    shorter = seqvision.run(config, results=tmp_path)
    checkpoint = shorter.folder / "checkpoint.npz"
    with np.load(checkpoint) as archive:
        arrays = dict(archive)
    state = json.loads(arrays["state"].tobytes())
    del state["callbacks"]
    for row in state["history"]:
        row["val_error_rate"] = row.pop("val_error")
    arrays["state"] = np.frombuffer(json.dumps(state).encode(), np.uint8)
    np.savez(checkpoint, **arrays)
    longer = seqvision.run(config, results=tmp_path, overrides=["train.epochs=2"])
    first, second = read_history(longer.folder)
    assert first == read_history(shorter.folder)[0]
    assert first.keys() == second.keys() and second["epoch"] == 2
