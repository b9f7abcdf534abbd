"""The coupled LSTM against a transcription of its equations."""

import numpy as np
import pytest

from seqvision.cells import CoupledLSTMCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x, peepholes=False, clip=np.inf):
    """Equations of variant CIFG, one gate at a time, with Sak's projection."""
    w_f, w_z, w_o = np.split(w["kernel"], 3, axis=1)
    r_f, r_z, r_o = np.split(w["recurrent_kernel"], 3, axis=1)
    b_f, b_z, b_o = np.split(w["bias"], 3)
    y = np.zeros((len(x), r_f.shape[0]))
    c = np.zeros((len(x), len(b_f)))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        p_f = w["forget_peephole"] * c if peepholes else 0
        forget = sigmoid(x_t @ w_f + y @ r_f + p_f + b_f)
        block_input = np.tanh(x_t @ w_z + y @ r_z + b_z)
        c = block_input * (1 - forget) + c * forget
        p_o = w["output_peephole"] * c if peepholes else 0
        y = np.tanh(c) * sigmoid(x_t @ w_o + y @ r_o + p_o + b_o)
        if "projection_kernel" in w:
            y = np.clip(y @ w["projection_kernel"], -clip, clip)
        outputs.append(y)
    return np.stack(outputs, 1), y, c


@pytest.mark.parametrize(
    ("options", "clip"),
    [
        ({}, np.inf),
        ({"use_peepholes": True}, np.inf),
        ({"projection": 3}, np.inf),
        ({"projection": 3, "projection_clip": 0.2, "use_peepholes": True}, 0.2),
    ],
)
def test_is_its_equations(x, run, randomise, options, clip):
    cell = CoupledLSTMCell(5, **options)
    weights = randomise(cell)
    outputs, (h, c) = run(cell, x)
    expected = transcription(weights, x, options.get("use_peepholes", False), clip)
    for got, want in zip((outputs, h, c), expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_forget_bias_and_activations(x, run, randomise):
    cell = CoupledLSTMCell(2, forget_bias=3.0)
    cell.build((None, 6))
    np.testing.assert_array_equal(cell.bias, [3, 3, 0, 0, 0, 0])
    plain, other = CoupledLSTMCell(4), CoupledLSTMCell(4, recurrent_activation="hard_sigmoid")
    linear = CoupledLSTMCell(4, activation=None)
    randomise(plain), randomise(other), randomise(linear)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3
    assert np.abs(run(plain, x)[0] - run(linear, x)[0]).max() > 1e-3


def test_gradients(check_gradients):
    check_gradients(CoupledLSTMCell(3, use_peepholes=True, projection=2, dtype="float64"))
