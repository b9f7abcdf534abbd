"""`Recurrent` and our layers give what Keras's own give with the same weights."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision import layers
from seqvision.cells import IndRNNCell, NTMCell, TF1GRUCell, UGRNNCell

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 0, 1, 0, 0], [0, 1, 1, 0, 0, 1]], bool)


@pytest.mark.parametrize("name", ["GRU", "LSTM", "SimpleRNN"])
@pytest.mark.parametrize("options", [{}, {"return_sequences": True}, {"go_backwards": True}])
def test_layers_give_keras_numbers(name, options):
    ours = getattr(layers, name)(5, **options)
    theirs = getattr(keras.layers, name)(5, **options)
    expected = theirs(X, mask=MASK)
    ours.build(X.shape)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(ours(X, mask=MASK), expected, atol=1e-6)


@pytest.mark.parametrize(
    "options", [{}, {"return_sequences": True}, {"go_backwards": True}, {"unroll": True}]
)
@pytest.mark.parametrize("mask", [None, MASK])
def test_projecting_at_once_changes_nothing(options, mask):
    cell = UGRNNCell(5)
    ours, theirs = layers.Recurrent(cell, **options), keras.layers.RNN(cell, **options)
    np.testing.assert_allclose(ours(X, mask=mask), theirs(X, mask=mask), atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.GRU(3),
        lambda: layers.Recurrent(UGRNNCell(3)),
        lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
    ],
    ids=["GRU", "UGRNN", "Bidirectional"],
)
def test_what_is_masked_may_be_nan_and_reaches_no_gradient(make, gradients_of):
    mask = np.concatenate([MASK[1:], np.zeros((1, 6), bool)])
    layer = make()
    layer.build(X.shape)
    found = []
    for hidden in (0.0, np.nan):
        x = np.where(mask[:, :, None], X, hidden).astype("float32")
        value = ops.convert_to_numpy(layer(x, mask=mask))
        gradients = gradients_of(
            lambda x=x: ops.sum(ops.square(layer(x, mask=mask))), layer.trainable_variables
        )
        found.append([value, *(g for g in gradients if g is not None)])
    assert (found[0][0][-1] == 0).all()  # Nothing was read.
    for expected, given in zip(*found, strict=True):
        np.testing.assert_array_equal(given, expected)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("cell", "time", "loops"),
    [
        (IndRNNCell(5), 64, 0),
        (IndRNNCell(5), 65, 1),
        (IndRNNCell(5), None, 1),
        (NTMCell(5), 6, 1),
    ],
)
def test_short_sequences_need_no_loop_in_the_engine(cell, time, loops):
    import tensorflow as tf

    layer = layers.Recurrent(cell)
    given = tf.TensorSpec((2, time, 4))
    layer.build(given.shape)
    graph = tf.function(lambda x: layer(x)).get_concrete_function(given).graph.as_graph_def()
    functions = [function.node_def for function in graph.library.function]
    operations = [node.op for nodes in (graph.node, *functions) for node in nodes]
    assert sum(op in ("While", "StatelessWhile") for op in operations) == loops
    x = np.random.default_rng(0).normal(size=(2, time or 6, 4)).astype("float32")
    np.testing.assert_allclose(layer(x), keras.layers.RNN(cell)(x), atol=1e-5)


def test_tf1_gru_computes_and_begins_as_tensorflow_1_did():
    tf = pytest.importorskip("tensorflow")
    cell = TF1GRUCell(50, seed=1)
    cell.build((None, 30))
    kernel, recurrent, bias = (ops.convert_to_numpy(w) for w in cell.weights[:3])
    assert bias.tolist() == [1.0] * 100 + [0.0] * 50
    for block, width in ((slice(0, 100), 100), (slice(100, 150), 50)):
        limit = (6 / (80 + width)) ** 0.5
        joint = np.concatenate([kernel[:, block], recurrent[:, block]])
        assert 0.98 * limit < np.abs(joint).max() <= limit
        assert abs(joint.std() / (limit / 3**0.5) - 1) < 0.03
    x = np.random.default_rng(0).normal(size=(2, 30)).astype("float32")
    h = np.random.default_rng(1).normal(size=(2, 50)).astype("float32")
    # TensorFlow's own kernel has the gates in the order reset, update.
    joint = np.concatenate([kernel, recurrent])
    gates = np.concatenate([joint[:, 50:100], joint[:, :50]], axis=1)
    expected = tf.raw_ops.GRUBlockCell(
        x=x, h_prev=h, w_ru=gates, w_c=joint[:, 100:], b_ru=bias[:100], b_c=bias[100:]
    ).h
    np.testing.assert_allclose(cell(x, [h])[0], expected, atol=1e-6)
