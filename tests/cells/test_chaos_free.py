"""The chaos-free network against a transcription of its equations, and its defining property."""

import numpy as np
import pytest

from seqvision.cells import ChaosFreeCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x, complement):
    v_theta, v_eta, w_x = np.split(w["kernel"], 3, axis=1)
    u_theta, u_eta = np.split(w["recurrent_kernel"], 2, axis=1)
    b_theta, b_eta = np.split(w["bias"], 2)
    h, outputs = np.zeros((len(x), len(b_eta))), []
    for x_t in x.transpose(1, 0, 2):
        theta = sigmoid(h @ u_theta + x_t @ v_theta + b_theta)
        eta = sigmoid(h @ u_eta + x_t @ v_eta + b_eta)
        way_in = 1 - eta if complement else eta
        h = theta * np.tanh(h) + way_in * np.tanh(x_t @ w_x)
        outputs.append(h)
    return np.stack(outputs, 1), h


@pytest.mark.parametrize("input_gate", ["paper", "complement"])
def test_is_its_equations(x, run, randomise, input_gate):
    cell = ChaosFreeCell(5, input_gate=input_gate)
    weights = randomise(cell)
    outputs, (h,) = run(cell, x)
    expected = transcription(weights, x, input_gate == "complement")
    np.testing.assert_allclose(outputs, expected[0], atol=1e-5)
    np.testing.assert_allclose(h, expected[1], atol=1e-5)


def test_both_gates_start_the_same_way_round():
    """The paper: b_θ at one, b_η at minus one; contrib: both at one, and η closes."""
    paper, contrib = ChaosFreeCell(1), ChaosFreeCell(1, input_gate="complement")
    paper.build((None, 3)), contrib.build((None, 3))
    np.testing.assert_array_equal(paper.bias, [1, -1])
    np.testing.assert_array_equal(contrib.bias, [1, 1])
    other = ChaosFreeCell(1, forget_bias=2.0, input_bias=-3.0)
    other.build((None, 3))
    np.testing.assert_array_equal(other.bias, [2, -3])


def test_without_input_the_state_fades(run, randomise):
    """The paper's theorem: no input, no chaos; the state goes to zero whatever the weights."""
    cell = ChaosFreeCell(5)
    randomise(cell, scale=3.0)
    start = [np.full((2, 5), 4.0, "float32")]
    sizes = [np.abs(run(cell, np.zeros((2, n, 6), "float32"), start)[1][0]).max() for n in (1, 200)]
    assert sizes[0] < 1 and sizes[1] < 0.13


@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_activations_are_used(x, run, randomise, option):
    plain, other = ChaosFreeCell(4), ChaosFreeCell(4, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


def test_gradients(check_gradients):
    check_gradients(ChaosFreeCell(3, dtype="float64"))
