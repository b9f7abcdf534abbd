"""The UGRNN and the intersection RNN against transcriptions of the paper's equations."""

import numpy as np
import pytest

from seqvision.cells import IntersectionRNNCell, UGRNNCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def ugrnn(w, x):
    gate_x, candidate_x = np.split(w["kernel"], 2, axis=1)
    gate_h, candidate_h = np.split(w["recurrent_kernel"], 2, axis=1)
    gate_b, candidate_b = np.split(w["bias"], 2)
    h, outputs = np.zeros((len(x), len(gate_b))), []
    for x_t in x.transpose(1, 0, 2):
        c = np.tanh(h @ candidate_h + x_t @ candidate_x + candidate_b)
        g = sigmoid(h @ gate_h + x_t @ gate_x + gate_b)
        h = g * h + (1 - g) * c
        outputs.append(h)
    return np.stack(outputs, 1), h


def intersection(w, x):
    h, outputs = np.zeros((len(x), len(w["bias"]) // 4)), []
    for x_t in x.transpose(1, 0, 2):
        if "input_kernel" in w:
            x_t = x_t @ w["input_kernel"] + w["input_bias"]
        gate_h, h_in, gate_y, y_in = np.split(
            np.hstack([x_t, h]) @ np.vstack([w["kernel"], w["recurrent_kernel"]]) + w["bias"], 4, 1
        )
        h = sigmoid(gate_h) * h + (1 - sigmoid(gate_h)) * np.tanh(h_in)
        outputs.append(sigmoid(gate_y) * x_t + (1 - sigmoid(gate_y)) * np.maximum(y_in, 0))
    return np.stack(outputs, 1), h


def assert_same(got, expected):
    np.testing.assert_allclose(got[0], expected[0], atol=1e-5)
    np.testing.assert_allclose(got[1][0], expected[1], atol=1e-5)


def test_ugrnn_is_its_equations(x, run, randomise):
    cell = UGRNNCell(5)
    weights = randomise(cell)
    assert_same(run(cell, x), ugrnn(weights, x))


@pytest.mark.parametrize("units", [5, 6])  # 6 is the input's width: no projection
def test_intersection_is_its_equations(x, run, randomise, units):
    cell = IntersectionRNNCell(units)
    weights = randomise(cell)
    assert ("input_kernel" in weights) == (units != 6)
    assert_same(run(cell, x), intersection(weights, x))


def test_biases_start_where_asked():
    cell = UGRNNCell(2, forget_bias=3.0)
    cell.build((None, 4))
    np.testing.assert_array_equal(cell.bias, [3, 3, 0, 0])
    cell = IntersectionRNNCell(2, forget_bias=3.0)
    cell.build((None, 4))
    np.testing.assert_array_equal(cell.bias, [3, 3, 0, 0, 3, 3, 0, 0])


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        (UGRNNCell, "activation"),
        (UGRNNCell, "recurrent_activation"),
        (IntersectionRNNCell, "activation"),
        (IntersectionRNNCell, "output_activation"),
        (IntersectionRNNCell, "recurrent_activation"),
    ],
)
def test_activations_are_used(x, run, randomise, kind, option):
    plain, other = kind(4), kind(4, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


@pytest.mark.parametrize("kind", [UGRNNCell, IntersectionRNNCell])
def test_gradients(check_gradients, kind):
    check_gradients(kind(4, dtype="float64"))
