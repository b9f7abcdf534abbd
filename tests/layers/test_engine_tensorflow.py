"""The engine on TensorFlow: in graphs, unrolled and not, compiled and exported."""

import logging
from itertools import product

import keras
import numpy as np
import pytest
from slow import all_but

from seqvision import layers
from seqvision.cells import UGRNNCell

if keras.backend.backend() != "tensorflow":
    pytest.skip("needs Keras on TensorFlow", allow_module_level=True)
import tensorflow as tf

from seqvision.layers.engine import graph, shards
from seqvision.native import core


@pytest.fixture(autouse=True)
def _portable(monkeypatch):
    monkeypatch.setenv("SEQVISION_NATIVE", "0")


KINDS = {
    "gru": ("GRU", {}),
    "gru_reset_before": ("GRU", {"reset_after": False}),
    "lstm": ("LSTM", {}),
    "simple_rnn": ("SimpleRNN", {}),
}


def pair(kind, features, **options):
    """Our layer and Keras's with the same random weights."""
    name, own = KINDS[kind]
    ours = getattr(layers, name)(4, **own, **options)
    theirs = getattr(keras.layers, name)(4, **own, **options)
    generator = np.random.default_rng(0)
    for layer in (ours, theirs):
        layer.build((None, None, features))
    weights = [generator.normal(0, 0.5, w.shape) for w in theirs.trainable_weights]
    for layer in (ours, theirs):
        for variable, value in zip(layer.trainable_weights, weights, strict=True):
            variable.assign(value)
    return ours, theirs


def outputs_and_gradients(layer, x, **call):
    weights = [w.value for w in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = layer(x, **call)
        mixture = tf.reduce_sum(tf.sin(3 * out))
    return out, tape.gradient(mixture, [x, *weights])


def in_a_graph(layer, x, **call):
    """The same of ours in a graph; what it is held to is Keras's outside of one."""
    return tf.function(lambda x: outputs_and_gradients(layer, x, **call))(x)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("time", [6, 9])
@pytest.mark.parametrize("masked", [False, True])
def test_unrolled_and_looped_compiled(kind, time, masked, monkeypatch):
    monkeypatch.setattr(graph, "UNROLLED_UP_TO", 8)
    ours, theirs = pair(kind, 3, return_sequences=True)
    x = tf.constant(np.random.default_rng(1).normal(size=(2, time, 3)), tf.float32)
    call = {"mask": np.arange(2 * time).reshape(2, time) % 3 > 0} if masked else {}
    mine = in_a_graph(ours, x, **call)
    expected = outputs_and_gradients(theirs, x, **call)
    np.testing.assert_allclose(mine[0], expected[0], atol=1e-5)
    for got, wanted in zip(mine[1], expected[1], strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4 * np.abs(wanted).max())
    assert ours.path == ("engine: unrolled" if time == 6 else "engine: while loop")


@pytest.mark.parametrize("kind", KINDS)
def test_dynamic_batch_and_time_in_one_graph(kind):
    ours, theirs = pair(kind, 3, return_sequences=True)
    graph = tf.function(
        lambda x: ours(x), input_signature=[tf.TensorSpec((None, None, 3), tf.float32)]
    )
    for shape in ((2, 5, 3), (1, 9, 3), (4, 1, 3)):
        x = np.random.default_rng(0).normal(size=shape).astype("float32")
        np.testing.assert_allclose(graph(tf.constant(x)), theirs(x), atol=1e-5)
    assert ours.path == "engine: while loop"


@pytest.mark.parametrize(
    ("time", "kind"), all_but([(5, "gru"), (70, "lstm")], product([5, 70], KINDS))
)
def test_xla_gives_the_same(kind, time):
    ours, theirs = pair(kind, 3)
    x = tf.constant(np.random.default_rng(0).normal(size=(2, time, 3)), tf.float32)
    compiled = tf.function(outputs_and_gradients, jit_compile=True)
    mine, expected = compiled(ours, x), outputs_and_gradients(theirs, x)
    np.testing.assert_allclose(mine[0], expected[0], atol=1e-5)
    for got, wanted in zip(mine[1], expected[1], strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("time", "kind"), all_but([(5, "gru"), (70, "lstm")], product([5, 70], KINDS))
)
def test_the_gradient_of_a_gradient(kind, time):
    """As a penalty on the gradient of the input needs it."""
    x = tf.constant(np.random.default_rng(0).normal(size=(2, time, 3)), tf.float32)

    def twice(layer):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                mixture = tf.reduce_sum(tf.sin(3 * layer(x)))
            penalty = tf.reduce_sum(inner.gradient(mixture, x) ** 2)
        return outer.gradient(penalty, [x, *[w.value for w in layer.trainable_weights]])

    ours, theirs = pair(kind, 3)
    mine, expected = tf.function(twice)(ours), twice(theirs)
    for got, wanted in zip(mine, expected, strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-4 * np.abs(wanted).max())


def test_an_exported_model_computes_the_same(tmp_path):
    model = keras.Sequential([keras.Input((5, 3)), layers.LSTM(4)])
    model.export(tmp_path / "exported", verbose=False)
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.serve(x), model(x), atol=1e-6)


def cuts(monkeypatch):
    """How many shards each layer that runs from now on cuts its batch into."""
    seen = []
    cut = shards.cut
    monkeypatch.setattr(shards, "cut", lambda given, n: seen.append(n) or cut(given, n))
    monkeypatch.setattr(shards, "_chosen", None)
    monkeypatch.setattr(shards, "available_cores", lambda: 4)
    monkeypatch.setattr(tf.config.threading, "get_inter_op_parallelism_threads", lambda: 0)
    return seen


def test_a_batch_is_cut_by_its_size_and_directions_share_the_cores(monkeypatch):
    seen = cuts(monkeypatch)
    layer, both = layers.GRU(3), layers.Bidirectional(layers.GRU(3))
    for batch in (31, 64, 1000):
        layer(tf.zeros((batch, 2, 3)))
    both(tf.zeros((1000, 2, 3)))  # Eagerly one direction runs after the other.
    traced = tf.function(lambda x: both(x, training=True))
    traced(tf.zeros((1000, 2, 3)))
    monkeypatch.setattr(shards, "_chosen", 3)
    layer(tf.zeros((2, 2, 3)))
    traced(tf.zeros((64, 2, 3)))
    assert seen == [1, 2, 4, 4, 4, 2, 2, 2, 1, 1]


def test_native_directions_share_the_threads_where_they_run_at_once(monkeypatch):
    monkeypatch.setenv("SEQVISION_NATIVE", "1")
    if reason := core.hindrance():
        pytest.skip(reason)
    x = tf.random.normal((40, 5, 3), seed=0)
    with core.with_threads(4):
        both = layers.Bidirectional(layers.GRU(3))
        one_by_one = both(x)
        assert both.forward_layer.path.endswith("4 threads")
        at_once = tf.function(lambda x: both(x, training=True))(x)
        assert both.backward_layer.path.endswith("2 threads")
    np.testing.assert_array_equal(one_by_one, at_once)


@pytest.mark.parametrize("layer", [layers.GRU, lambda n: layers.Recurrent(UGRNNCell(n))])
def test_what_keras_runs_is_cut_and_what_it_exports_is_not(layer, monkeypatch, tmp_path):
    seen = cuts(monkeypatch)
    model = keras.Sequential([keras.Input((2, 3)), layer(3)])
    model.compile("sgd", "mse")
    x, y = np.zeros((70, 2, 3), "float32"), np.zeros((70, 3), "float32")

    def cut(call, *given, **options):
        seen.clear()
        call(*given, **options)
        return set(seen)

    assert cut(model.fit, x, y, verbose=0) == {2}
    assert cut(model.evaluate, x, y, verbose=0) == {2}
    assert 2 in cut(model.predict, x, verbose=0)
    in_a_loop_of_ones_own = tf.function(lambda x: model(x, training=True))
    assert cut(in_a_loop_of_ones_own, x) == {2}
    monkeypatch.setattr(shards, "_chosen", 3)
    assert cut(model.export, tmp_path / "model", verbose=False) == {1}
    assert cut(tf.function(lambda x: model(x)), x) == {1}


def test_hidden_gpus_do_not_count(monkeypatch):
    gpu = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [gpu])
    layer = layers.GRU(3)
    layer(tf.zeros((1, 2, 3)))
    assert layer.path == "engine: unrolled"
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind=None: [gpu])
    layer(tf.zeros((1, 2, 3)))
    assert layer.path == "keras: there is a GPU"


def test_tensorflow_does_not_warn_of_layers_of_many_shapes():
    """It counts the functions it traces by the lines that they are made of."""
    warnings = []
    handler = logging.Handler()
    handler.emit = lambda record: warnings.append(record.getMessage())
    tf.get_logger().addHandler(handler)
    try:
        for units in range(3, 12):
            layer = layers.GRU(units)
            layer(np.ones((2, 4, units), "float32"))
            assert layer.path.startswith("engine")
    finally:
        tf.get_logger().removeHandler(handler)
    assert warnings == []
