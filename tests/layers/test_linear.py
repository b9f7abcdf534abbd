"""The cells that `Recurrent` takes through the linear recurrence."""

import keras
import numpy as np
import pytest

from seqvision.cells import NTMCell, SRUCell
from seqvision.cells.wrappers import DropoutWrapper, HighwayWrapper, ResidualWrapper, ZoneoutWrapper
from seqvision.layers import Recurrent
from seqvision.layers.linear import linear_recurrence

tf = pytest.importorskip("tensorflow")

MASK = np.array([[1, 1, 1, 0], [0, 1, 0, 1]], bool)


def test_gates_that_are_shut_do_no_harm():
    """Where a division by products of gates would give NaN."""
    a, b = np.zeros((1, 784, 2), "float32"), np.ones((1, 784, 2), "float32")
    a[..., 1] = 1
    c = linear_recurrence(a, b, np.zeros((1, 2), "float32"))
    np.testing.assert_array_equal(c[0, :, 0], 1)
    np.testing.assert_array_equal(c[0, :, 1], np.arange(1, 785))


def loops(layer, x, **kwargs):
    function = tf.function(lambda x: layer(x, **kwargs)).get_concrete_function(x)
    return sum(
        node.op in ("While", "StatelessWhile") for node in function.graph.as_graph_def().node
    )


WRAPPED = {
    "bare": lambda cell: cell,
    "around": lambda cell: HighwayWrapper(ResidualWrapper(DropoutWrapper(cell, 0.2))),
}


@pytest.mark.tensorflow
@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("options", [{}, {"return_sequences": True, "go_backwards": True}])
@pytest.mark.parametrize("mask", [None, MASK])
def test_recurrent_takes_a_linear_cell_at_once(x, wrapped, options, mask):
    cell = WRAPPED[wrapped](SRUCell(5))
    start = [np.random.default_rng(0).normal(size=(2, 5)).astype("float32")]
    ours, theirs = (
        layer(cell, return_state=True, **options) for layer in (Recurrent, keras.layers.RNN)
    )
    got, expected = (layer(x, mask=mask, initial_state=start) for layer in (ours, theirs))
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert loops(theirs, x) == 1
    assert loops(ours, x, mask=mask) == 0


MASKS = np.array([[1, 1, 0, 1, 1, 0, 0], [0, 0, 1, 0, 1, 1, 1], [0] * 7, [1] * 7], bool)


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_masked_step_changes_nothing_as_in_a_loop(zero, sequences, backwards):
    """On whatever backend this is run; the loop is NumPy's, of the cell's own equations."""
    layer = Recurrent(
        SRUCell(3, bias_initializer="normal"),
        return_state=True,
        return_sequences=sequences,
        go_backwards=backwards,
        zero_output_for_mask=zero,
    )
    generator = np.random.default_rng(0)
    x = generator.normal(size=(4, 7, 6)).astype("float32")
    start = generator.normal(size=(4, 3)).astype("float32")
    x[~MASKS] = np.nan  # Padding may be anything.
    given = [keras.ops.convert_to_tensor(each) for each in (x, start)]
    got = layer(given[0], mask=keras.ops.convert_to_tensor(MASKS), initial_state=[given[1]])
    assert layer.path == "all steps at once"
    kernel, bias = (keras.ops.convert_to_numpy(w).astype(float) for w in layer.weights)
    new, f, r, skip = np.split(x.astype(float) @ kernel, 4, axis=-1)
    f, r = (1 / (1 + np.exp(-v - b)) for v, b in zip((f, r), np.split(bias, 2), strict=True))
    c, h, outputs = start.astype(float), np.zeros((4, 3)), []
    for t in reversed(range(7)) if backwards else range(7):
        seen = MASKS[:, t, None]
        c = np.where(seen, f[:, t] * c + (1 - f[:, t]) * new[:, t], c)
        out = r[:, t] * np.tanh(c) + (1 - r[:, t]) * skip[:, t]
        h = np.where(seen, out, 0 * h if zero else h)
        outputs.append(h)
    expected = [np.stack(outputs, 1) if sequences else h, c]
    for ours, right in zip(got, expected, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(ours), right, atol=1e-6)


@pytest.mark.tensorflow
def test_gradients_pass_a_mask_as_in_keras_s_loop(x):
    ours, theirs = (layer(SRUCell(5)) for layer in (Recurrent, keras.layers.RNN))
    theirs.build(x.shape)
    ours.build(x.shape)
    ours.set_weights(theirs.get_weights())
    found = []
    for layer in (ours, theirs):
        with tf.GradientTape() as tape:
            given = tf.constant(x)
            tape.watch(given)
            loss = tf.reduce_sum(layer(given, mask=MASK) ** 2)
        found.append(tape.gradient(loss, [given, *layer.trainable_variables]))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_dropout_masks_still_differ_from_step_to_step():
    cell = DropoutWrapper(SRUCell(500), output_rate=0.5)
    outputs = Recurrent(cell, return_sequences=True)(np.ones((1, 6, 3), "float32"), training=True)
    dropped = np.asarray(outputs)[0] == 0
    assert len({tuple(step) for step in dropped}) == 6 and 0.4 < dropped.mean() < 0.6


@pytest.mark.tensorflow
def test_a_wrapper_that_changes_states_is_stepped(x):
    for cell in (ZoneoutWrapper(SRUCell(5)), DropoutWrapper(SRUCell(5), 0, 0.5), NTMCell(5)):
        assert loops(Recurrent(cell), x, training=True) == 1


def test_the_number_of_steps_need_not_be_known():
    layer = Recurrent(SRUCell(5))
    model = keras.Sequential([keras.Input((None, 3)), layer])
    x = np.random.default_rng(0).normal(size=(2, 9, 3)).astype("float32")
    np.testing.assert_allclose(model.predict_on_batch(x), layer(x), atol=1e-5)
    assert layer.path == "all steps at once"


def test_stateful_goes_on_where_it_stopped(x):
    whole = Recurrent(SRUCell(5))
    part = Recurrent(whole.cell, stateful=True)
    expected = whole(x)
    part(x[:, :2])
    np.testing.assert_allclose(part(x[:, 2:]), expected, atol=1e-5)


def test_half_precision_adds_up_in_full():
    """128 + 1 + 1 + … stays where it is in bfloat16."""
    cell = SRUCell(1, activation="linear", dtype="mixed_bfloat16")
    cell.build((None, 1))
    cell.kernel.assign([[1.0, 0.0, 0.0]])
    cell.bias.assign([-3.0, 100.0])
    layer = Recurrent(cell, dtype="mixed_bfloat16")
    exact = Recurrent(SRUCell(1, activation="linear"))
    exact.build((None, 300, 1))
    exact.set_weights(cell.get_weights())
    x = np.full((1, 300, 1), 40.0, "float32")
    np.testing.assert_allclose(float(layer(x)[0, 0]), float(exact(x)[0, 0]), rtol=0.01)


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(2, 4, 6)).astype("float32")
