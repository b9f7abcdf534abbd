"""Residual and highway connections and projections against sources that are not ours."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.cells import TF1GRUCell, UGRNNCell
from seqvision.cells.wrappers import (
    HighwayWrapper,
    InputProjectionWrapper,
    OutputProjectionWrapper,
    ResidualWrapper,
)
from seqvision.layers import Recurrent

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


@pytest.mark.tensorflow
def test_residual_is_tensorflow_1s(x, run, randomise):
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as legacy

    ours = ResidualWrapper(TF1GRUCell(6))
    w = {name.split("/")[-1]: weight for name, weight in randomise(ours).items()}
    assert ours.kernel is None
    inner = legacy.GRUCell(6, dtype="float32")
    inner.build((None, 6))
    joint = np.concatenate([w["kernel"], w["recurrent_kernel"]])
    gates = np.concatenate([joint[:, 6:12], joint[:, :6]], axis=1)  # TensorFlow: reset, update.
    bias = np.concatenate([w["bias"][6:12], w["bias"][:6]])
    inner.set_weights([gates, bias, joint[:, 12:], w["bias"][12:]])
    theirs, state, expected = legacy.ResidualWrapper(inner), np.zeros((2, 6), "float32"), []
    for t in range(x.shape[1]):
        output, state = theirs(ops.convert_to_tensor(x[:, t]), state)
        expected.append(output)
    outputs, (h,) = run(ours, x)
    np.testing.assert_allclose(outputs, np.stack(expected, 1), atol=1e-5)
    np.testing.assert_allclose(h, state, atol=1e-5)


def test_residual_projects_an_input_of_another_width(x, run, randomise):
    cell = ResidualWrapper(UGRNNCell(5))
    w = randomise(cell)
    expected = run(cell.cell, x)[0] + x @ w["kernel"]
    np.testing.assert_allclose(run(cell, x)[0], expected, atol=1e-5)


@pytest.mark.parametrize("coupled", [True, False])
@pytest.mark.parametrize("units", [6, 5])
def test_highway_is_the_papers_equation(x, run, randomise, coupled, units):
    cell = HighwayWrapper(UGRNNCell(units), coupled=coupled)
    w = randomise(cell)
    transform = sigmoid(x @ w["transform_kernel"] + w["transform_bias"])
    carry = 1 - transform if coupled else sigmoid(x @ w["carry_kernel"] + w["carry_bias"])
    carried = x if units == 6 else x @ w["skip_kernel"]
    expected = transform * run(cell.cell, x)[0] + carry * carried
    np.testing.assert_allclose(run(cell, x)[0], expected, atol=1e-5)


def test_highway_starts_by_carrying():
    cell = HighwayWrapper(UGRNNCell(2), coupled=False, carry_bias=3.0)
    cell.build((None, 2))
    np.testing.assert_array_equal(cell.transform_bias, [-3, -3])
    np.testing.assert_array_equal(cell.carry_gate_bias, [3, 3])


def test_input_projection_is_a_dense_layer_before(x, randomise):
    cell = InputProjectionWrapper(UGRNNCell(5), units=3, activation="tanh")
    w = randomise(cell)
    dense = keras.layers.Dense(3, "tanh")
    dense.build((None, 6))
    dense.set_weights([w["kernel"], w["bias"]])
    expected = keras.layers.RNN(cell.cell)(dense(x))
    np.testing.assert_allclose(Recurrent(cell)(x), expected, atol=1e-5)


def test_output_projection_is_a_dense_layer_after(x, randomise):
    cell = OutputProjectionWrapper(UGRNNCell(5), units=3, activation="tanh")
    w = randomise(cell)
    dense = keras.layers.Dense(3, "tanh")
    dense.build((None, 5))
    dense.set_weights([w["kernel"], w["bias"]])
    expected = dense(keras.layers.RNN(cell.cell, return_sequences=True)(x))
    np.testing.assert_allclose(Recurrent(cell, return_sequences=True)(x), expected, atol=1e-5)
    assert (cell.output_size, cell.state_size) == (3, 5)


@pytest.mark.parametrize("kind", [InputProjectionWrapper, OutputProjectionWrapper])
def test_projections_are_as_wide_as_the_cell_and_can_go_without_bias(kind):
    cell = kind(UGRNNCell(5), use_bias=False)
    cell.build((None, 6))
    assert cell.kernel.shape == ((6, 5) if kind is InputProjectionWrapper else (5, 5))
    assert [w.path.split("/")[-1] for w in cell.weights].count("bias") == 1  # The cell's own.


@pytest.mark.parametrize(
    "wrap",
    [ResidualWrapper, HighwayWrapper, InputProjectionWrapper, OutputProjectionWrapper],
)
@pytest.mark.parametrize("units", [3, 4])
def test_gradients(check_gradients, wrap, units):
    check_gradients(wrap(UGRNNCell(units, dtype="float64")))
