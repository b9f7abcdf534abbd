"""The weight-normalised LSTM against the ordinary one with the normalised weights."""

import numpy as np
import pytest

from seqvision.cells import PeepholeLSTMCell, WeightNormLSTMCell


def normal(kernel, gain):
    return kernel / np.linalg.norm(kernel, axis=0) * gain


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_peepholes": True, "cell_clip": 0.3},
        {"projection": 3, "projection_clip": 0.2},
        {"recurrent_activation": "hard_sigmoid", "activation": "relu"},
    ],
)
def test_is_an_lstm_with_normal_weights(x, run, randomise, options):
    """`PeepholeLSTMCell` is held against TensorFlow's kernels by its own tests."""
    cell = WeightNormLSTMCell(5, **options)
    w = randomise(cell)
    gains = {
        "kernel": "kernel_gain",
        "recurrent_kernel": "recurrent_gain",
        "projection_kernel": "projection_gain",
    }
    w.update({k: normal(w[k], w[gain]) for k, gain in gains.items() if k in w})
    plain = PeepholeLSTMCell(5, **{"use_peepholes": False, **options})
    plain.build((None, 6))
    plain.set_weights([w[v.path.split("/", 1)[-1]] for v in plain.weights])
    (got, states), (expected, expected_states) = run(cell, x), run(plain, x)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    for state, want in zip(states, expected_states, strict=True):
        np.testing.assert_allclose(state, want, atol=1e-5)


def test_only_the_direction_of_a_column_counts(x, run, randomise):
    cell = WeightNormLSTMCell(5)
    randomise(cell)
    before = run(cell, x)[0]
    cell.kernel.assign(cell.kernel * np.linspace(0.1, 9, 20))
    cell.recurrent_kernel.assign(cell.recurrent_kernel * np.linspace(7, 0.2, 20))
    np.testing.assert_allclose(run(cell, x)[0], before, atol=1e-5)


def test_starting_values():
    cell = WeightNormLSTMCell(1, forget_bias=3.0, gain_initializer="zeros")
    cell.build((None, 4))
    np.testing.assert_array_equal(cell.bias, [0, 3, 0, 0])
    np.testing.assert_array_equal(cell.recurrent_gain, [0, 0, 0, 0])


def test_gradients(check_gradients):
    check_gradients(WeightNormLSTMCell(3, use_peepholes=True, projection=2, dtype="float64"))


def test_a_column_of_zeros_has_no_direction_and_gives_zeros(x, run, randomise):
    cell = WeightNormLSTMCell(5)
    randomise(cell)
    cell.kernel.assign(np.zeros((6, 20)))
    outputs, _ = run(cell, x)
    assert np.isfinite(outputs).all()
    np.testing.assert_allclose(outputs, run(cell, 0 * x)[0], atol=1e-6)
