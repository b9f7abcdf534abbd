"""The NAS cell against a transcription of its tree."""

import numpy as np
import pytest

from seqvision.cells import NASCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x):
    """The tree drawn in the paper's figure 8: four pairs, two pairs, one pair."""
    leaf = ["s", "r", "s", "r", "t", "s", "t", "s"]
    function = {"s": sigmoid, "r": lambda v: np.maximum(v, 0), "t": np.tanh}
    bias = w.get("bias", np.zeros(w["kernel"].shape[1]))
    units = bias.size // 8
    h, c = np.zeros((len(x), w["recurrent_kernel"].shape[0])), np.zeros((len(x), units))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        nodes = []
        for k, name in enumerate(leaf):
            s = slice(k * units, (k + 1) * units)
            from_x = x_t @ w["kernel"][:, s]
            from_h = h @ w["recurrent_kernel"][:, s] + bias[s]
            nodes.append(function[name](from_x * from_h if k == 3 else from_x + from_h))
        first = np.tanh(np.tanh(nodes[0] * nodes[1]) + c)
        second = np.tanh(nodes[2] + nodes[3])
        third = np.tanh(nodes[4] * nodes[5])
        fourth = sigmoid(nodes[6] + nodes[7])
        c = first * second
        h = np.tanh(c * np.tanh(third + fourth))
        if "projection_kernel" in w:
            h = h @ w["projection_kernel"]
        outputs.append(h)
    return np.stack(outputs, 1), h, c


@pytest.mark.parametrize("options", [{}, {"use_bias": True}, {"projection": 3, "use_bias": True}])
def test_is_its_tree(x, run, randomise, options):
    cell = NASCell(5, **options)
    weights = randomise(cell)
    assert ("bias" in weights) == options.get("use_bias", False)
    outputs, states = run(cell, x)
    for got, want in zip((outputs, *states), transcription(weights, x), strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_gradients(check_gradients):
    check_gradients(NASCell(3, use_bias=True, projection=2, dtype="float64"))
