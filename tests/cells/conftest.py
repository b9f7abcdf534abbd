"""What the tests of cells share: random weights, a run step by step, and a gradient check."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

import seqvision.layers


@pytest.fixture
def x():
    """A small batch of sequences `(2, 4, 6)`."""
    return np.random.default_rng(1).normal(size=(2, 4, 6)).astype("float32")


@pytest.fixture
def randomise():
    """Build a cell and give it random weights; returns them by name."""
    return _randomise


@pytest.fixture
def run():
    """Run a cell over sequences with `call`, one step after another."""
    return _run


@pytest.fixture
def check_gradients(gradients_of):
    """Compare the gradient of every weight, and of the input, with finite differences."""
    return partial(_check_gradients, gradients_of)


@pytest.fixture
def check_in_layers():
    """Check that a cell runs alike in both layers, with the sizes it declares, also in bfloat16."""
    return _check_in_layers


def _randomise(cell, features=6, scale=0.5, seed=0):
    generator = np.random.default_rng(seed)
    if not cell.built:
        cell.build((None, features))
    for weight in cell.weights:
        if "seed" not in weight.path:
            weight.assign(generator.normal(0, scale, weight.shape))
    return {weight.path.split("/", 1)[-1]: ops.convert_to_numpy(weight) for weight in cell.weights}


def _steps(cell, x, states=None, training=False):
    states = cell.get_initial_state(batch_size=x.shape[0]) if states is None else states
    outputs = []
    for t in range(x.shape[1]):
        output, states = cell(x[:, t], states, training=training)
        outputs.append(output)
    return ops.stack(outputs, axis=1), states


def _run(cell, x, states=None, training=False):
    outputs, states = _steps(cell, ops.convert_to_tensor(x), states, training)
    return ops.convert_to_numpy(outputs), [ops.convert_to_numpy(s) for s in states]


def _check_in_layers(make, features=6):
    x = np.random.default_rng(3).normal(size=(3, 5, features)).astype("float32")
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 1, 0], [0, 0, 1, 0, 0]], bool)
    cell = make()
    _randomise(cell, features)
    # On JAX, Keras takes the first state for the last output where a step is masked.
    zero = keras.backend.backend() == "jax"
    options = {"return_sequences": True, "return_state": True, "zero_output_for_mask": zero}
    ours = seqvision.layers.Recurrent(cell, **options)(x, mask=mask)
    theirs = keras.layers.RNN(cell, **options)(x, mask=mask)
    sizes = cell.state_size if isinstance(cell.state_size, list) else [cell.state_size]
    assert [tuple(o.shape) for o in ours] == [(3, 5, cell.output_size), *[(3, s) for s in sizes]]
    for got, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-6)
    half = make(dtype="mixed_bfloat16")
    half = seqvision.layers.Recurrent(half, dtype="mixed_bfloat16", return_state=True)(x)
    for value in half:
        assert keras.backend.standardize_dtype(value.dtype) == "bfloat16"
        assert np.isfinite(ops.convert_to_numpy(ops.cast(value, "float32"))).all()


def _check_gradients(
    gradients_of, cell, features=3, steps=3, scale=0.7, training=False, epsilon=1e-5
):
    """Check along one random direction a weight; the cell must compute in float64."""
    assert cell.compute_dtype == "float64"
    tolerance = {"rel": 1e-5, "abs": 1e-6}
    if keras.backend.backend() != "tensorflow":
        # Some of Keras's operations give float64 no more digits than float32 there.
        epsilon, tolerance = 3e-4, {"rel": 5e-3, "abs": 1e-2}
    generator = np.random.default_rng(2)
    _randomise(cell, features, scale)
    x = keras.Variable(generator.normal(size=(2, steps, features)), dtype="float64")
    probe = ops.convert_to_tensor(generator.normal(size=(2, steps, cell.output_size)), "float64")
    variables = [*cell.trainable_weights, x]

    def loss():
        outputs, states = _steps(cell, ops.convert_to_tensor(x), training=training)
        return ops.sum(outputs * probe) + sum(ops.sum(ops.sin(3 * s)) for s in states)

    for variable, gradient in zip(variables, gradients_of(loss, variables), strict=True):
        start = np.array(ops.convert_to_numpy(variable))  # PyTorch's may share its memory.
        direction = generator.normal(size=start.shape)
        losses = []
        for sign in (1, -1):
            variable.assign(start + sign * epsilon * direction)
            losses.append(float(loss()))
        variable.assign(start)
        expected = (losses[0] - losses[1]) / (2 * epsilon)
        got = 0.0 if gradient is None else float(np.sum(gradient * direction))
        assert got == pytest.approx(expected, **tolerance), variable.path
