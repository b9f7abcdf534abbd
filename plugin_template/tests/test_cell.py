"""The cell computes what its docstring says, and survives being saved."""

import keras
import numpy as np
from seqvision_leaky.cell import LeakyCell

import seqvision
from seqvision.cells import CELLS


def test_it_is_its_equation():
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    layer = keras.layers.RNN(LeakyCell(4, leak=0.9))
    found = np.asarray(layer(x))
    (kernel,) = layer.get_weights()
    h = np.zeros((2, 4))
    for t in range(5):
        h = 0.9 * h + 0.1 * np.tanh(x[:, t] @ kernel)
    np.testing.assert_allclose(found, h, rtol=1e-4, atol=1e-5)


def test_it_has_a_name_wherever_the_package_is_installed():
    assert CELLS.get("leaky") is LeakyCell
    assert "leaky" in CELLS.names()


def test_a_model_of_it_is_saved(tmp_path):
    model = seqvision.create_model("stacked", (8, 8), 3, cell="leaky", units=[4])
    model.save(tmp_path / "model.keras")
    x = np.zeros((1, 8, 8))
    again = seqvision.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(np.asarray(model(x)), np.asarray(again(x)))
