"""The minimal RNN against a transcription of its equations."""

import numpy as np
import pytest

from seqvision.cells import MinimalRNNCell


def transcription(w, x):
    h, outputs = np.zeros((len(x), w["bias"].size)), []
    for x_t in x.transpose(1, 0, 2):
        z = np.tanh(x_t @ w["kernel"] + w.get("input_bias", 0))
        u = 1 / (1 + np.exp(-(h @ w["recurrent_kernel"] + z @ w["gate_kernel"] + w["bias"])))
        h = u * h + (1 - u) * z
        outputs.append(h)
    return np.stack(outputs, 1), h


@pytest.mark.parametrize("use_input_bias", [True, False])
def test_is_its_equations(x, run, randomise, use_input_bias):
    cell = MinimalRNNCell(5, use_input_bias=use_input_bias)
    weights = randomise(cell)
    assert ("input_bias" in weights) == use_input_bias
    outputs, (h,) = run(cell, x)
    expected = transcription(weights, x)
    np.testing.assert_allclose(outputs, expected[0], atol=1e-5)
    np.testing.assert_allclose(h, expected[1], atol=1e-5)


@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_activations_are_used(x, run, randomise, option):
    plain, other = MinimalRNNCell(4), MinimalRNNCell(4, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


def test_gate_starts_at_keeping():
    cell = MinimalRNNCell(2)
    cell.build((None, 3))
    np.testing.assert_array_equal(cell.bias, [1, 1])
    np.testing.assert_array_equal(cell.input_bias, [0, 0])


def test_gradients(check_gradients):
    check_gradients(MinimalRNNCell(3, dtype="float64"))
