"""IndRNN, IndyGRU and IndyLSTM against transcriptions, and against full cells made diagonal."""

import keras
import numpy as np
import pytest

from seqvision.cells import IndRNNCell, IndyGRUCell, IndyLSTMCell, PeepholeLSTMCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def indrnn(w, x, activation):
    h, outputs = np.zeros((len(x), w["bias"].size)), []
    for x_t in x.transpose(1, 0, 2):
        h = activation(x_t @ w["kernel"] + w["recurrent_kernel"] * h + w["bias"])
        outputs.append(h)
    return np.stack(outputs, 1), h


def indy_gru(w, x):
    (w_z, w_r, w_h), (u_z, u_r, u_h), (b_z, b_r, b_h) = (
        np.split(w[name], 3, axis=-1) for name in ("kernel", "recurrent_kernel", "bias")
    )
    h, outputs = np.zeros((len(x), b_z.size)), []
    for x_t in x.transpose(1, 0, 2):
        r = sigmoid(x_t @ w_r + u_r * h + b_r)
        z = sigmoid(x_t @ w_z + u_z * h + b_z)
        h = z * h + (1 - z) * np.tanh(x_t @ w_h + u_h * r * h + b_h)
        outputs.append(h)
    return np.stack(outputs, 1), h


def diagonal(vector, gates):
    return np.concatenate([np.diag(v) for v in np.split(vector, gates)], axis=1)


@pytest.mark.parametrize(
    ("activation", "function"), [("relu", lambda v: np.maximum(v, 0)), ("tanh", np.tanh)]
)
def test_indrnn_is_its_equation(x, run, randomise, activation, function):
    cell = IndRNNCell(5, activation=activation)
    weights = randomise(cell)
    outputs, (h,) = run(cell, x)
    expected = indrnn(weights, x, function)
    np.testing.assert_allclose(outputs, expected[0], atol=1e-5)
    np.testing.assert_allclose(h, expected[1], atol=1e-5)


def test_indrnn_is_keras_simple_rnn_with_a_diagonal_kernel(x, run, randomise):
    cell = IndRNNCell(5)
    kernel, recurrent, bias = (randomise(cell)[n] for n in ("kernel", "recurrent_kernel", "bias"))
    full = keras.layers.SimpleRNNCell(5, activation="relu")
    full.build((None, 6))
    full.set_weights([kernel, np.diag(recurrent), bias])
    np.testing.assert_allclose(run(cell, x)[0], run(full, x)[0], atol=1e-5)


def test_indy_gru_is_its_equations(x, run, randomise):
    cell = IndyGRUCell(5)
    weights = randomise(cell)
    outputs, (h,) = run(cell, x)
    expected = indy_gru(weights, x)
    np.testing.assert_allclose(outputs, expected[0], atol=1e-5)
    np.testing.assert_allclose(h, expected[1], atol=1e-5)


def test_indy_gru_is_keras_gru_with_a_diagonal_kernel(x, run, randomise):
    cell = IndyGRUCell(5)
    w = randomise(cell)
    full = keras.layers.GRUCell(5, reset_after=False)
    full.build((None, 6))
    full.set_weights([w["kernel"], diagonal(w["recurrent_kernel"], 3), w["bias"]])
    np.testing.assert_allclose(run(cell, x)[0], run(full, x)[0], atol=1e-5)


def test_indy_lstm_is_keras_lstm_with_a_diagonal_kernel(x, run, randomise):
    cell = IndyLSTMCell(5)
    w = randomise(cell)
    full = keras.layers.LSTMCell(5)
    full.build((None, 6))
    full.set_weights([w["kernel"], diagonal(w["recurrent_kernel"], 4), w["bias"]])
    (got, states), (expected, expected_states) = run(cell, x), run(full, x)
    np.testing.assert_allclose(got, expected, atol=1e-5)
    np.testing.assert_allclose(states, expected_states, atol=1e-5)


def test_recurrent_weights_stay_within_the_clip():
    cell = IndRNNCell(200, recurrent_clip=0.5)
    model = keras.Sequential([keras.layers.RNN(cell), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(100.0), "mse")
    x = np.random.default_rng(0).normal(size=(8, 4, 3)).astype("float32")
    model.build(x.shape)
    start = np.abs(keras.ops.convert_to_numpy(cell.recurrent_kernel))
    assert start.max() == 0.5 and start.min() < 0.1
    model.train_on_batch(x, np.ones((8, 1), "float32"))
    trained = np.abs(keras.ops.convert_to_numpy(cell.recurrent_kernel))
    assert trained.max() == 0.5 and not np.array_equal(trained, start)


@pytest.mark.parametrize("kind", [IndRNNCell, IndyGRUCell, IndyLSTMCell])
def test_recurrent_weights_start_uniform_between_minus_one_and_one(kind):
    cell = kind(500)
    cell.build((None, 3))
    drawn = keras.ops.convert_to_numpy(cell.recurrent_kernel)
    assert -1 <= drawn.min() < -0.95 and 0.95 < drawn.max() <= 1 and abs(drawn.mean()) < 0.1


def test_biases_start_where_asked():
    gru, lstm = IndyGRUCell(1, gate_bias=2.0), IndyLSTMCell(1, forget_bias=3.0)
    gru.build((None, 3)), lstm.build((None, 3))
    np.testing.assert_array_equal(gru.bias, [2, 2, 0])
    np.testing.assert_array_equal(lstm.bias, [0, 3, 0, 0])


@pytest.mark.parametrize("kind", [IndyGRUCell, IndyLSTMCell])
@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_activations_are_used(x, run, randomise, kind, option):
    plain, other = kind(4), kind(4, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


@pytest.mark.parametrize("kind", [IndRNNCell, IndyGRUCell, IndyLSTMCell])
def test_gradients(check_gradients, kind):
    check_gradients(kind(3, dtype="float64"))


def test_peepholes_start_apart():
    """An initializer shared by several weights must not give them the same values."""
    cell = PeepholeLSTMCell(4)
    cell.build((None, 3))
    assert np.abs(keras.ops.convert_to_numpy(cell.input_peephole - cell.output_peephole)).max() > 0
