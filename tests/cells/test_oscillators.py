"""coRNN and UnICORNN against transcriptions of their equations, and how they start."""

import numpy as np
import pytest
from keras import ops

from seqvision.cells import CoRNNCell, UnICORNNCell

STEPS = {"time_step": 0.5, "gamma": 1.5, "epsilon": 0.8}


def cornn(w, x, implicit, dt=0.5, gamma=1.5, epsilon=0.8):
    """Rusch & Mishra 2020, equation 3: with n̄ = n the new z is on both sides."""
    y = z = np.zeros((len(x), w["bias"].size))
    outputs = []
    for u in x.transpose(1, 0, 2):
        driven = y @ w["recurrent_kernel"] + z @ w["velocity_recurrent_kernel"]
        rest = z + dt * np.tanh(driven + u @ w["kernel"] + w["bias"]) - dt * gamma * y
        z = rest / (1 + dt * epsilon) if implicit else rest - dt * epsilon * z
        y = y + dt * z
        outputs.append(y)
    return np.stack(outputs, 1), y, z


def unicornn(w, x, dt=0.19, alpha=30.65):
    """Rusch & Mishra 2021, its symplectic steps with σ̂(u) = 0.5 + 0.5 tanh(u / 2)."""
    y = z = np.zeros((len(x), w["bias"].size))
    step, outputs = dt * (0.5 + 0.5 * np.tanh(w["time_control"] / 2)), []
    for u in x.transpose(1, 0, 2):
        z = z - step * (
            np.tanh(w["recurrent_kernel"] * y + u @ w["kernel"] + w["bias"]) + alpha * y
        )
        y = y + step * z
        outputs.append(y)
    return np.stack(outputs, 1), y, z


@pytest.mark.parametrize("implicit", [False, True])
def test_cornn_is_its_equations(x, run, randomise, implicit):
    cell = CoRNNCell(5, **STEPS, implicit_damping=implicit)
    w = randomise(cell)
    (outputs, states), expected = run(cell, x), cornn(w, x, implicit)
    for got, wanted in zip((outputs, *states), expected, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"time_step": 0.5, "alpha": 0.0}])
def test_unicornn_is_its_equations(x, run, randomise, options):
    cell = UnICORNNCell(5, **options)
    w = randomise(cell)
    (outputs, states), expected = run(cell, x), unicornn(w, x, *options.values())
    for got, wanted in zip((outputs, *states), expected, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-5)


@pytest.mark.parametrize("kind", [CoRNNCell, UnICORNNCell])
def test_recurrent_dropout_and_the_activation_are_used(x, run, randomise, kind):
    plain, *others = kind(4), kind(4, activation="relu"), kind(4, recurrent_dropout=0.5, seed=0)
    for cell in (plain, *others):
        randomise(cell)
        cell.time_step = 0.5
    for cell in others:
        assert np.abs(run(plain, x)[0] - run(cell, x, training=True)[0]).max() > 1e-3


def test_starts_as_the_sources_do():
    cell = CoRNNCell(150)
    cell.build((None, 100))
    kernels = cell.kernel, cell.recurrent_kernel, cell.velocity_recurrent_kernel
    drawn = [ops.convert_to_numpy(kernel) for kernel in kernels]
    for kernel in drawn:  # As PyTorch's linear layer of 400 inputs: 1 / √400.
        assert 0.0499 < np.abs(kernel).max() <= 0.05 and np.abs(kernel.mean()) < 0.001
    assert np.abs(drawn[1] - drawn[2]).max() > 0.05
    cell = UnICORNNCell(1000)
    cell.build((None, 6))
    w, c, v = map(ops.convert_to_numpy, (cell.recurrent_kernel, cell.time_control, cell.kernel))
    assert 0 <= w.min() < 0.01 and 0.99 < w.max() <= 1
    assert -0.1 <= c.min() < -0.099 and 0.099 < c.max() <= 0.1
    assert 0.99 < np.abs(v).max() / 65**-0.5 <= 1


@pytest.mark.parametrize(
    "make",
    [
        lambda **more: CoRNNCell(3, **STEPS, **more),
        lambda **more: CoRNNCell(3, **STEPS, implicit_damping=True, **more),
        lambda **more: UnICORNNCell(3, **more),
    ],
)
def test_gradients_and_layers(check_gradients, check_in_layers, make):
    check_gradients(make(dtype="float64"))
    check_in_layers(make)
