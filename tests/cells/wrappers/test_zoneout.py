"""Zoneout against the paper's equations, and the share of the states that stays."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.cells import GRUCell, PeepholeLSTMCell, PhasedLSTMCell, SRUCell
from seqvision.cells.wrappers import ZoneoutWrapper
from seqvision.layers import Recurrent

tf = pytest.importorskip("tensorflow")


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def lstm(w, x, z_h, z_c):
    """The paper's equations with d, the Bernoulli draw, in place of its mean."""
    h = c = np.zeros((len(x), w["bias"].size // 4))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        i, f, g, o = np.split(x_t @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, 1)
        new_c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        new_h = sigmoid(o) * np.tanh(new_c)
        c = z_c * c + (1 - z_c) * new_c
        h = z_h * h + (1 - z_h) * new_h
        outputs.append(h)
    return np.stack(outputs, 1), h, c


@pytest.mark.parametrize(("options", "z_c"), [({}, 0.3), ({"cell_rate": 0.6}, 0.6)])
@pytest.mark.parametrize("kind", ["ours", "keras"])
def test_inference_is_the_equations_with_the_mean_of_the_draws(
    x, run, randomise, options, z_c, kind
):
    inner = PeepholeLSTMCell(5, use_peepholes=False) if kind == "ours" else keras.layers.LSTMCell(5)
    cell = ZoneoutWrapper(inner, 0.3, **options)
    weights = {name.split("/")[-1]: weight for name, weight in randomise(cell).items()}
    outputs, states = run(cell, x)
    for got, expected in zip((outputs, *states), lstm(weights, x, 0.3, z_c), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_in_training_a_unit_stays_or_moves_and_does_so_at_its_rate(randomise):
    cell = ZoneoutWrapper(PeepholeLSTMCell(300), 0.1, cell_rate=0.5, seed=2)
    randomise(cell)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(8, 6)).astype("float32")
    before = [generator.normal(size=(8, 300)).astype("float32") for _ in range(2)]
    moved = [ops.convert_to_numpy(s) for s in cell.cell(x, before)[1]]
    output, after = cell(x, before, training=True)
    np.testing.assert_array_equal(output, after[0])
    for rate, old, new, got in zip((0.1, 0.5), before, moved, after, strict=True):
        got = ops.convert_to_numpy(got)
        stays = np.isclose(got, old, atol=1e-6)
        np.testing.assert_allclose(got[~stays], new[~stays], atol=1e-6)
        assert abs(stays.mean() - rate) < 0.03


def test_inference_is_the_mean_over_training(randomise):
    cell = ZoneoutWrapper(GRUCell(4), 0.4, seed=2)
    randomise(cell)
    generator = np.random.default_rng(0)
    x, h = (np.tile(generator.normal(size=(1, n)), (4000, 1)).astype("float32") for n in (6, 4))
    trained = ops.convert_to_numpy(cell(x, [h], training=True)[1][0]).mean(axis=0)
    inferred = ops.convert_to_numpy(cell(x, [h])[1][0])[0]
    moved = ops.convert_to_numpy(cell.cell(x, [h])[1][0])[0]
    tolerance = 4 * np.sqrt(0.4 * 0.6 / 4000) * np.abs(moved - h[0])
    assert (np.abs(trained - inferred) < tolerance).all()


@pytest.mark.tensorflow
@pytest.mark.parametrize("layer", [keras.layers.RNN, Recurrent])
def test_draws_differ_from_step_to_step_in_a_compiled_loop(layer):
    """A relu of 1 + h counts the steps at which a unit was not zoned out."""
    inner = keras.layers.SimpleRNNCell(
        200, "relu", kernel_initializer="ones", recurrent_initializer="identity"
    )
    run = layer(ZoneoutWrapper(inner, 0.5, seed=1), return_sequences=True)
    x = np.ones((2, 10, 1), "float32")
    run.build(x.shape)
    counts = tf.function(lambda x: run(x, training=True))(x).numpy()
    moved = np.diff(counts, axis=1).transpose(0, 2, 1).reshape(-1, 9)
    np.testing.assert_array_equal(np.unique(moved), [0, 1])
    assert abs(moved.mean() - 0.5) < 0.05
    assert np.abs(np.corrcoef(moved, rowvar=False) - np.eye(9)).max() < 0.2


def test_an_output_that_is_not_a_state_is_left_alone(x, run, randomise):
    """The simple recurrent unit gives out more than its state."""
    cell = ZoneoutWrapper(SRUCell(5), 0.4)
    randomise(cell)
    outputs, _ = run(cell, x[:, :1])
    np.testing.assert_allclose(outputs, run(cell.cell, x[:, :1])[0], atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_a_clock_among_the_states_keeps_its_time(x, run, training):
    cell = ZoneoutWrapper(PhasedLSTMCell(5), 0.5)
    _, (_, _, clock) = run(cell, x, training=training)
    np.testing.assert_array_equal(clock, [[4, 0]] * 2)


def test_gradients(check_gradients):
    check_gradients(ZoneoutWrapper(PeepholeLSTMCell(3, dtype="float64"), 0.3, 0.6))
