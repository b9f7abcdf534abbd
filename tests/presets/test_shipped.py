"""The weights that come with the package are what the manifest says of them."""

import os
from pathlib import Path

import numpy as np
import pytest

import seqvision
from seqvision.data.loading import load
from seqvision.presets.checksum import sha256
from seqvision.presets.manifest import presets
from seqvision.presets.places import PLACES, where_it_is

PRESETS = presets()
IN_WHEEL = {h: f for h, f in PRESETS.items() if (PLACES["package"] / f.more["file"]).is_file()}
MNIST = os.environ.get("SEQVISION_TEST_DATA")


@pytest.mark.parametrize("handle", PRESETS)
def test_every_line_of_the_manifest_has_its_file(handle):
    facts = PRESETS[handle]
    found = where_it_is(facts)
    assert found is not None
    _, file = found
    assert file.stat().st_size == facts.more["bytes"]
    assert sha256(file) == facts.more["sha256"]
    assert facts.more["seed"] in facts.more["seeds"]
    interval = facts.more["metrics"]["test_accuracy"]
    assert interval["low"] < interval["mean"] < interval["high"]
    assert facts.more["licence"] == "apache-2.0"


def test_no_file_is_without_a_line_and_all_are_small_enough():
    for folder, most in (("package", 2e6), ("checkout", 25e6)):
        files = list(PLACES[folder].iterdir()) if PLACES[folder].is_dir() else []
        assert {f.name for f in files} <= {f.more["file"] for f in PRESETS.values()}
        assert sum(f.stat().st_size for f in files) <= most
    small = {"tiny", "gru1", "lstm1", "lstm2_fast", "irnn"}
    wanted = {f"{name}:{tag}" for name in small for tag in ("mnist", "fashion_mnist")}
    assert set(IN_WHEEL) == wanted | {"digits_gru:digits"}


@pytest.mark.skipif(not MNIST, reason="all of MNIST is not here")
@pytest.mark.parametrize("handle", [h for h in IN_WHEEL if h.endswith(":mnist")])
def test_a_line_of_python_reads_digits_as_well_as_the_manifest_says(handle, monkeypatch):
    monkeypatch.setenv("SEQVISION_DATA", str(Path(str(MNIST))))
    monkeypatch.setenv("SEQVISION_OFFLINE", "1")
    test = load("mnist").test
    answers = seqvision.predict(handle, test.samples)
    right = float(np.mean(answers["class"].astype(int).to_numpy() == test.labels))
    assert right == pytest.approx(PRESETS[handle].more["own_metrics"]["test_accuracy"], abs=1e-4)
