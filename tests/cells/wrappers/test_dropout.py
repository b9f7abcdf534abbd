"""Dropout around a cell: against TensorFlow 1's wrapper, and the masks it draws."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.cells import PeepholeLSTMCell
from seqvision.cells.base import CellLayer
from seqvision.cells.wrappers import DropoutWrapper
from seqvision.layers import Recurrent

tf = pytest.importorskip("tensorflow")

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")

STEPS, SIZE = 12, 400


class Mirror(CellLayer):
    """Shows its input, or its state, which is always ones before anything is dropped."""

    def __init__(self, show, **kwargs):
        super().__init__(**kwargs)
        self.show = show
        self.state_size = [SIZE, SIZE]
        self.output_size = SIZE

    def get_initial_state(self, batch_size=None):
        return [ops.ones((batch_size, SIZE))] * 2

    def project(self, sequence, training=False):
        return sequence

    def step(self, projected, states, training=False):
        ones = ops.ones_like(states[0])
        return {"input": projected, "h": states[0], "c": states[1]}[self.show], [ones, ones]


def masks(cell, layer, calls=1, **compile):
    """What a compiled layer shows of ones `(3, STEPS, SIZE)` in each of some calls."""
    run = layer(cell, return_sequences=True)
    x = np.ones((3, STEPS, SIZE), "float32")
    run.build(x.shape)
    compiled = tf.function(lambda x: run(x, training=True), **compile)
    return np.stack([compiled(x).numpy() for _ in range(calls)])


LAYERS = [keras.layers.RNN, Recurrent]
PLACES = [("input", "input"), ("state", "h"), ("output", "input")]


@pytest.mark.tensorflow
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("place", "show"), PLACES)
@pytest.mark.parametrize("variational", [False, True])
def test_masks_are_drawn_at_the_rate_and_as_often_as_said(layer, place, show, variational):
    rates = {"output_rate": 0.0, f"{place}_rate": 0.25}
    cell = DropoutWrapper(Mirror(show), variational=variational, seed=1, **rates)
    drawn = masks(cell, layer, calls=2)
    if place == "state":
        assert (drawn[:, :, 0] == 1).all()  # Nothing has been handed on yet.
        drawn = drawn[:, :, 1:]
    np.testing.assert_allclose(np.unique(drawn), [0, 1 / 0.75], rtol=1e-6)
    by_step = (drawn == 0).mean(axis=-1)
    assert abs(by_step.mean() - 0.25) < 0.03 and np.abs(by_step - 0.25).max() < 0.12
    flat = drawn.reshape(-1, SIZE)
    different = len(np.unique(flat, axis=0))
    assert different == (2 * 3 if variational else len(flat))
    if variational:
        assert (drawn == drawn[:, :, :1]).all()


@pytest.mark.tensorflow
def test_masks_are_as_fresh_when_xla_compiles_the_loop():
    drawn = masks(DropoutWrapper(Mirror("input"), seed=1), keras.layers.RNN, 2, jit_compile=True)
    assert len(np.unique(drawn.reshape(-1, SIZE), axis=0)) == 2 * 3 * STEPS


@pytest.mark.tensorflow
def test_the_memory_is_never_dropped():
    cell = DropoutWrapper(Mirror("c"), state_rate=0.5, output_rate=0.0)
    assert (masks(cell, Recurrent) == 1).all()


@pytest.mark.parametrize("layer", LAYERS)
def test_in_inference_nothing_is_dropped(layer, x):
    inner = PeepholeLSTMCell(5)
    cell = DropoutWrapper(inner, 0.5, 0.5, 0.5)
    np.testing.assert_array_equal(layer(cell)(x), layer(inner)(x))


@pytest.mark.tensorflow
@pytest.mark.parametrize("layer", LAYERS)
def test_the_masks_of_a_keras_cell_within_are_drawn_anew_for_each_sequence(layer, x):
    inner = keras.layers.SimpleRNNCell(200, dropout=0.5, recurrent_dropout=0.5)
    run = layer(DropoutWrapper(inner, output_rate=0.0))
    run.build(x.shape)
    compiled = tf.function(lambda x: run(x, training=True))
    first, second = compiled(x), compiled(x[:1])  # Traced twice.
    assert not np.allclose(first[:1], second)
    assert inner._dropout_mask is None and inner._recurrent_dropout_mask is None


def tensorflow_order(block):
    """Gates from Keras's order i, f, c, o to TensorFlow's i, c, f, o."""
    i, f, g, o = np.split(block, 4, axis=-1)
    return np.concatenate([i, g, f, o], axis=-1)


@pytest.mark.tensorflow
def test_is_tensorflow_1s_wrapper(x, run, randomise):
    """With the masks that TensorFlow 1's drew, over an LSTM: c stays, h and the output do not."""
    from tensorflow.python.keras.layers.legacy_rnn import rnn_cell_impl as legacy

    ours = DropoutWrapper(PeepholeLSTMCell(20, use_peepholes=False), 0.4, 0.3, 0.2, True)
    w = {name.split("/")[-1]: weight for name, weight in randomise(ours).items()}
    cell = legacy.LSTMCell(20, forget_bias=0.0, dtype="float32")
    cell.build((None, 6))
    kernel = np.concatenate([w["kernel"], w["recurrent_kernel"]])
    cell.set_weights([tensorflow_order(kernel), tensorflow_order(w["bias"])])
    tf.random.set_seed(0)
    theirs = legacy.DropoutWrapper(
        cell,
        input_keep_prob=0.6,
        state_keep_prob=0.7,
        output_keep_prob=0.8,
        variational_recurrent=True,
        input_size=tf.TensorShape([6]),
        dtype="float32",
        seed=2,
    )
    noise = {
        "input": (theirs._recurrent_input_noise, 0.6),
        "state": (theirs._recurrent_state_noise.h, 0.7),
        "output": (theirs._recurrent_output_noise, 0.8),
    }
    for name, (drawn, keep) in noise.items():
        mask = np.floor(keep + drawn) / keep
        assert 0 < (mask == 0).sum() < mask.size
        ours._masks[name] = np.repeat(mask[None], 2, axis=0).astype("float32")
    outputs, states = run(ours, x, training=True)
    state, expected = theirs.zero_state(2, "float32"), []
    for t in range(x.shape[1]):
        output, state = theirs(tf.constant(x[:, t]), state)
        expected.append(output)
    np.testing.assert_allclose(outputs, np.stack(expected, 1), atol=1e-5)
    np.testing.assert_allclose(states[0], state.h, atol=1e-5)
    np.testing.assert_allclose(states[1], state.c, atol=1e-5)


def test_gradients_pass_through_the_masks(check_gradients):
    cell = DropoutWrapper(PeepholeLSTMCell(3, dtype="float64"), 0.4, 0.4, 0.4, True)
    check_gradients(cell, training=True)  # The masks of the first call hold.
