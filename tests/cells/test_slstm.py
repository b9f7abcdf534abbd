"""The sLSTM against a transcription of its equations, which nothing scales."""

import keras
import numpy as np
import pytest

from seqvision.cells import SLSTMCell
from seqvision.errors import SeqvisionError


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x, forget):
    """Beck et al. 2024, section 2.2, in float64; m scales only what the states are at the end."""
    w = {name: value.astype("float64") for name, value in w.items()}
    units, (heads, size, _) = len(w["bias"]) // 4, w["recurrent_kernel"].shape
    # One matrix of all heads, with zeros where heads do not see each other.
    u = np.zeros((4, units, units))
    for k in range(heads):
        at = slice(k * size, (k + 1) * size)
        u[:, at, at] = w["recurrent_kernel"][k].reshape(size, 4, size).swapaxes(0, 1)
    kernels, biases = np.split(w["kernel"], 4, axis=1), np.split(w["bias"], 4)
    h = c = n = np.zeros((len(x), units))
    m, outputs = np.full((len(x), units), -np.inf), []
    for x_t in x.swapaxes(0, 1):
        i, f, z, o = (
            x_t @ kernel + h @ u_k + b for kernel, u_k, b in zip(kernels, u, biases, strict=True)
        )
        m = np.maximum(np.log(forget(f)) + m, i)
        c, n = forget(f) * c + np.exp(i) * np.tanh(z), forget(f) * n + np.exp(i)
        h = sigmoid(o) * c / n
        outputs.append(h)
    return np.stack(outputs, 1), h, c * np.exp(-m), n * np.exp(-m), m


@pytest.mark.parametrize(("gate", "forget"), [("sigmoid", sigmoid), ("exp", np.exp)])
@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("into", [-200.0, 0.0, 200.0])
def test_is_its_equations(x, run, randomise, gate, forget, heads, into):
    """Of gates too that float32 cannot hold as powers of e."""
    cell = SLSTMCell(6, num_heads=heads, forget_gate=gate)
    randomise(cell, scale=1.0)
    cell.bias.assign_add(np.repeat([into, 0, 0, 0], 6))
    weights = {weight.name: keras.ops.convert_to_numpy(weight) for weight in cell.weights}
    outputs, states = run(cell, x)
    expected = transcription(weights, x, forget)
    for got, right in zip((outputs, *states), expected, strict=True):
        np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-4 if into else 1e-5)


def test_a_state_set_back_to_zeros_begins_anew(x, run, randomise):
    """As a stateful layer's is: m is 0 then, which no input is below by so much."""
    cell = SLSTMCell(4)
    randomise(cell)
    cell.bias.assign_add(np.repeat([-200.0, 0, 0, 0], 4))
    outputs, states = run(cell, x, cell.get_initial_state(2))
    assert all(np.isfinite(state).all() for state in states)
    np.testing.assert_array_equal(states[2] >= 1, True)
    assert np.abs(outputs).max() > 0.1


@pytest.mark.parametrize("gate", ["sigmoid", "exp"])
def test_units_of_a_head_begin_with_rates_of_forgetting_of_their_own(gate):
    cell = SLSTMCell(6, num_heads=2, forget_gate=gate, forget_min=0.5, forget_max=0.9)
    cell.build((None, 3))
    i, f, z, o = np.split(keras.ops.convert_to_numpy(cell.bias), 4)
    f = np.exp(f) if gate == "exp" else sigmoid(f)
    np.testing.assert_allclose(f / (1 - f), [1, 3, 9] * 2, rtol=1e-5)
    assert not np.any([i, z, o])


def test_runs_in_layers(check_in_layers):
    check_in_layers(lambda **o: SLSTMCell(4, num_heads=2, **o))


@pytest.mark.parametrize("gate", ["sigmoid", "exp"])
def test_gradients(check_gradients, gate):
    check_gradients(SLSTMCell(4, num_heads=2, forget_gate=gate, dtype="float64"))


def test_what_does_not_fit_is_told():
    with pytest.raises(SeqvisionError, match="units must be a multiple of num_heads=4, got 6"):
        SLSTMCell(6, num_heads=4)
    with pytest.raises(SeqvisionError, match=r"forget_max < 1, got 0\.95 and 0\.9"):
        SLSTMCell(6, forget_max=0.9)
