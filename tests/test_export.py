"""What `model.export` writes computes what the model does, for any batch, whoever runs it.

That every cell, wrapper and family can be exported is tested in tests/exporting.
"""

import keras
import numpy as np
import pytest

from seqvision import layers
from seqvision.cells import PeepholeLSTMCell, SRUCell
from seqvision.layers.engine.graph import UNROLLED_UP_TO
from seqvision.zoo import create_model

pytestmark = pytest.mark.tensorflow

BATCHES = (1, 2, 7)
LONG = UNROLLED_UP_TO + 6
LAYERS = {
    "gru": lambda x: layers.GRU(3)(x),
    "gru, reset before": lambda x: layers.GRU(3, reset_after=False, return_sequences=True)(x),
    "lstm, its states": lambda x: keras.layers.Concatenate()(layers.LSTM(3, return_state=True)(x)),
    "rnn, backwards": lambda x: layers.SimpleRNN(3, go_backwards=True)(x),
    "two lstms": lambda x: layers.LSTM(3)(layers.LSTM(3, return_sequences=True)(x)),
    "both ways, masked": lambda x: layers.Bidirectional(layers.LSTM(3))(keras.layers.Masking()(x)),
    "peephole": lambda x: layers.Recurrent(PeepholeLSTMCell(3))(x),
    "peephole, masked": lambda x: layers.Recurrent(PeepholeLSTMCell(3), return_sequences=True)(
        keras.layers.Masking()(x)
    ),
    "sru": lambda x: layers.Recurrent(SRUCell(3))(x),
}


def assert_same(answer, model, shape):
    for batch in BATCHES:
        x = np.random.default_rng(batch).normal(size=(batch, *shape)).astype("float32")
        np.testing.assert_allclose(answer(x), model(x), atol=1e-4)


def as_onnx(model, folder):
    import onnxruntime

    path = folder / "model.onnx"
    model(np.zeros((1, *(n or 3 for n in model.input_shape[1:])), "float32"))  # Keras asks for it.
    model.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    (given,) = session.get_inputs()
    return lambda x: session.run(None, {given.name: x})[0]


def as_saved_model(model, folder):
    import tensorflow as tf

    model.export(folder / "model", verbose=False)
    served = tf.saved_model.load(folder / "model")
    return lambda x: served.serve(x)


def as_litert(model, folder):
    from ai_edge_litert.interpreter import Interpreter

    path = folder / "model.tflite"
    model.export(path, format="litert", verbose=False)

    def answer(x):
        interpreter = Interpreter(str(path))
        (given,), (got,) = interpreter.get_input_details(), interpreter.get_output_details()
        interpreter.resize_tensor_input(given["index"], x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], x)
        interpreter.invoke()
        return interpreter.get_tensor(got["index"])

    return answer


FIRST = [("gru", None), ("peephole", LONG)]
MORE = [*((name, LONG) for name in LAYERS if name != "peephole"), ("peephole", None), ("sru", None)]


@pytest.mark.parametrize(
    ("name", "time"), [*FIRST, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)]
)
def test_long_sequences_and_any_are_exported(name, time, tmp_path):
    x = keras.Input((time, 2))
    model = keras.Model(x, LAYERS[name](x))
    assert_same(as_onnx(model, tmp_path), model, (time or 5, 2))


@pytest.mark.slow
def test_litert_needs_none_of_tensorflows_operations(tmp_path):
    """Keras's own loop does, and its interpreter in Python has none."""
    model = create_model("stacked", (3, 4), 3, units=[4, 4], cell="layer_norm_lstm")
    assert_same(as_litert(model, tmp_path), model, (3, 4))


def test_an_exported_model_can_be_trained_on(tmp_path):
    """Its gradient is the model's: the loop's own goes with it."""
    import tensorflow as tf

    model = create_model("stacked", (3, 4), 3, units=[4, 4], cell="gru")
    served = as_saved_model(model, tmp_path)
    x = tf.random.stateless_normal((7, 3, 4), [0, 0])
    gradients = []
    for answer in (served, model):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(answer(x)))
        gradients.append(tape.gradient(loss, x))
    np.testing.assert_allclose(*gradients, atol=1e-6)


def test_what_was_trained_goes_on_after_an_export(tmp_path):
    """tf2onnx has TensorFlow forget the functions of a graph by their names."""
    import gc

    x = keras.Input((LONG, 2))
    model = keras.Model(x, layers.GRU(3)(x))
    model.compile("sgd", "mse")
    data = np.ones((4, LONG, 2), "float32"), np.ones((4, 3), "float32")
    model.train_on_batch(*data)
    as_onnx(model, tmp_path)
    gc.collect()
    model.train_on_batch(*data)
    again = keras.Model(x, layers.GRU(3)(x))
    np.testing.assert_allclose(again(data[0]), again.predict_on_batch(data[0]), atol=1e-6)
