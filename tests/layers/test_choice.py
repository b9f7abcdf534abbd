"""Which way a layer runs: what `SEQVISION_ENGINE` asks for, and what a GPU changes."""

import keras
import numpy as np
import pytest

import seqvision
from seqvision import layers
from seqvision.cells import UGRNNCell
from seqvision.errors import SeqvisionError
from seqvision.native import core

BACKEND = keras.backend.backend()
X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")


def path_of(layer):
    layer(X)
    return layer.path


@pytest.mark.parametrize("way", ["native", "engine", "keras"])
def test_a_way_that_is_asked_for_is_taken(way, monkeypatch):
    monkeypatch.delenv("SEQVISION_NATIVE", raising=False)
    layer = layers.GRU(4, seed=0)
    usual = np.asarray(layer(X))
    monkeypatch.setenv("SEQVISION_ENGINE", way)
    asked = np.asarray(layer(X))
    np.testing.assert_allclose(asked, usual, atol=1e-6)
    if way == "keras":
        assert layer.path == "keras: SEQVISION_ENGINE is keras"
    elif way == "engine" or core.hindrance() is None:
        assert layer.path.startswith(f"{way}: ")
    ours = BACKEND == "tensorflow" and way == "engine"
    other = "engine: unrolled" if ours else f"SEQVISION_ENGINE is {way}"
    if BACKEND == "tensorflow":
        assert other in path_of(layers.Recurrent(UGRNNCell(4)))


def test_what_is_no_way_is_refused(monkeypatch):
    monkeypatch.setenv("SEQVISION_ENGINE", "nativ")
    with pytest.raises(SeqvisionError, match="native, engine, keras, got 'nativ'; did you mean"):
        layers.GRU(4)(X)


def test_a_run_says_so_before_it_builds_a_model(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQVISION_ENGINE", "kers")
    with pytest.raises(SeqvisionError) as told:
        seqvision.run("tiny", seed=0, results=tmp_path)
    assert str(told.value).endswith("got 'kers'; did you mean 'keras'?")


@pytest.mark.skipif(BACKEND != "jax", reason="of JAX's devices")
def test_on_a_gpu_jax_takes_the_scan_where_it_was_measured_to_be_faster(monkeypatch):
    import jax

    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert path_of(layers.GRU(4)) == "engine: scan"
    assert path_of(layers.LSTM(4, use_cudnn=False)) == "keras: there is a GPU"
    monkeypatch.setenv("SEQVISION_ENGINE", "engine")
    assert path_of(layers.LSTM(4)) == "engine: scan"
