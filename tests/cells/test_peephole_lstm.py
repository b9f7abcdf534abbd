"""The peephole LSTM against TensorFlow's own kernel and its version-1 cell."""

import keras
import numpy as np
import pytest

from seqvision.cells import PeepholeLSTMCell

tf = pytest.importorskip("tensorflow")

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:UserWarning")


def tensorflow_order(block):
    """Gates from Keras's order i, f, c, o to TensorFlow's i, c, f, o."""
    i, f, g, o = np.split(block, 4, axis=-1)
    return np.concatenate([i, g, f, o], axis=-1)


def block_cell(w, x, clip):
    """What `tf.raw_ops.LSTMBlockCell` makes of the sequence."""
    units = w["input_peephole"].size
    kernel = tensorflow_order(np.concatenate([w["kernel"], w["recurrent_kernel"]]))
    c = h = np.zeros((x.shape[0], units), "float32")
    outputs = []
    for t in range(x.shape[1]):
        _, c, _, _, _, _, h = tf.raw_ops.LSTMBlockCell(
            x=x[:, t],
            cs_prev=c,
            h_prev=h,
            w=kernel,
            wci=w["input_peephole"],
            wcf=w["forget_peephole"],
            wco=w["output_peephole"],
            b=tensorflow_order(w["bias"]),
            forget_bias=0.0,
            cell_clip=clip or -1.0,
            use_peephole=True,
        )
        outputs.append(h)
    return np.stack(outputs, 1), [np.asarray(h), np.asarray(c)]


def version_1_cell(w, x, **options):
    """What TensorFlow 1's `LSTMCell`, which TensorFlow still holds, makes of the sequence."""
    from tensorflow.python.keras.layers.legacy_rnn.rnn_cell_impl import LSTMCell

    cell = LSTMCell(w["bias"].size // 4, forget_bias=0.0, dtype="float32", **options)
    cell.build((None, x.shape[-1]))
    values = {
        "kernel": tensorflow_order(np.concatenate([w["kernel"], w["recurrent_kernel"]])),
        "bias": tensorflow_order(w["bias"]),
        "w_f_diag": w.get("forget_peephole"),
        "w_i_diag": w.get("input_peephole"),
        "w_o_diag": w.get("output_peephole"),
        "projection/kernel": w.get("projection_kernel"),
    }
    for variable in cell.variables:
        variable.assign(values[variable.name.partition("/")[2].partition(":")[0]])
    state = cell.zero_state(x.shape[0], "float32")
    outputs = []
    for t in range(x.shape[1]):
        output, state = cell.call(tf.constant(x[:, t]), state)
        outputs.append(output)
    return np.stack(outputs, 1), [np.asarray(state.h), np.asarray(state.c)]


def assert_same(got, expected):
    np.testing.assert_allclose(got[0], expected[0], atol=1e-5)
    for state, expected_state in zip(got[1], expected[1], strict=True):
        np.testing.assert_allclose(state, expected_state, atol=1e-5)


@pytest.mark.parametrize("clip", [None, 0.3])
def test_is_tensorflows_block_cell(x, run, randomise, clip):
    cell = PeepholeLSTMCell(5, cell_clip=clip)
    weights = randomise(cell)
    outputs, states = run(cell, x)
    assert_same((outputs, states), block_cell(weights, x, clip))
    if clip:
        assert np.abs(states[1]).max() == pytest.approx(clip)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {"use_peepholes": True}),
        ({"use_peepholes": False}, {}),
        ({"projection": 3}, {"use_peepholes": True, "num_proj": 3}),
        (
            {"projection": 3, "projection_clip": 0.2, "cell_clip": 0.5},
            {"use_peepholes": True, "num_proj": 3, "proj_clip": 0.2, "cell_clip": 0.5},
        ),
        ({"activation": "relu"}, {"use_peepholes": True, "activation": "relu"}),
    ],
)
def test_is_tensorflow_1s_cell(x, run, randomise, ours, theirs):
    cell = PeepholeLSTMCell(5, **ours)
    weights = randomise(cell)
    assert_same(run(cell, x), version_1_cell(weights, x, **theirs))


def test_without_extras_it_is_keras_lstm(x, run, randomise):
    cell = PeepholeLSTMCell(5, use_peepholes=False)
    randomise(cell)
    theirs = keras.layers.LSTMCell(5)
    theirs.build((None, 6))
    theirs.set_weights(cell.get_weights())
    assert_same(run(cell, x), run(theirs, x))


def test_gradients(check_gradients):
    check_gradients(
        PeepholeLSTMCell(3, projection=2, projection_clip=5.0, cell_clip=5.0, dtype="float64")
    )


def test_recurrent_activation_is_used(x, run, randomise):
    cell = PeepholeLSTMCell(5, use_peepholes=False, recurrent_activation="hard_sigmoid")
    randomise(cell)
    theirs = keras.layers.LSTMCell(5, recurrent_activation="hard_sigmoid")
    theirs.build((None, 6))
    theirs.set_weights(cell.get_weights())
    assert_same(run(cell, x), run(theirs, x))


def test_forget_bias_is_where_the_forget_gate_is():
    cell = PeepholeLSTMCell(2, forget_bias=3.0)
    cell.build((None, 4))
    np.testing.assert_array_equal(cell.bias, [0, 0, 3, 3, 0, 0, 0, 0])


def test_sizes_of_a_projected_cell_are_true():
    cell = PeepholeLSTMCell(5, projection=3)
    assert (cell.state_size, cell.output_size) == ([3, 5], 3)
