"""Convolutions before recurrent layers, against the same models of Keras's layers by hand."""

import keras
import numpy as np
from keras import layers, ops

from seqvision import create_model
from seqvision.runs.flops import flops_per_image

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 7, 6, 3), dtype=np.uint8).astype("float32")
SERIES = np.random.default_rng(1).normal(5, 3, (2, 12, 4)).astype("float32")


def said(model, samples):
    return ops.convert_to_numpy(model(samples))


def test_rows_of_a_feature_map_are_read():
    model = create_model("conv_rnn", (7, 6, 3), 3, filters=[4, 5], units=[6], cell="lstm")
    x = y = keras.Input((7, 6, 3))
    for count in (4, 5):
        y = layers.Conv2D(count, 3, padding="same", activation="relu")(y)
        y = layers.MaxPooling2D(2, padding="same")(y)
    y = layers.LSTM(6)(layers.Reshape((2, 10))(y))
    by_hand = keras.Model(x, layers.Dense(3)(y))
    by_hand.set_weights(model.get_weights())
    np.testing.assert_allclose(said(model, IMAGES), said(by_hand, IMAGES / 255), atol=1e-5)


def test_options_reach_the_layers():
    options = {"kernel_size": 5, "strides": 2, "pool": 1, "scan": "columns"}
    model = create_model(
        "conv_rnn",
        (7, 6, 3),
        3,
        filters=4,
        units=[6],
        pooling="mean",
        bidirectional=True,
        **options,
    )
    x = keras.Input((7, 6, 3))
    y = layers.Conv2D(4, 5, 2, padding="same", activation="relu")(x)
    y = layers.Reshape((3, 16))(layers.Permute((2, 1, 3))(y))
    y = layers.Bidirectional(layers.GRU(6, return_sequences=True))(y)
    by_hand = keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(y)))
    by_hand.set_weights(model.get_weights())
    np.testing.assert_allclose(said(model, IMAGES), said(by_hand, IMAGES / 255), atol=1e-5)


def test_series_are_convolved_over_their_steps():
    """Where all are of one length that pooling divides, it is what Keras's layers make of them."""
    model = create_model("conv_rnn", (None, 4), 3, filters=[5, 6], kernel_size=4, units=[7])
    model.get_layer("input").adapt(SERIES)
    x = y = keras.Input((12, 4))
    for count in (5, 6):
        y = layers.Conv1D(count, 4, padding="same", activation="relu")(y)
        y = layers.MaxPooling1D(2)(y)
    by_hand = keras.Model(x, layers.Dense(3)(layers.GRU(7)(y)))
    by_hand.set_weights([w.numpy() for w in model.trainable_weights])
    normalised = ops.convert_to_numpy(model.get_layer("input")(SERIES))
    np.testing.assert_allclose(said(model, SERIES), said(by_hand, normalised), atol=1e-5)


def test_saved_and_loaded_for_both_kinds(tmp_path):
    for shape, samples in (((7, 6, 3), IMAGES), ((None, 4), SERIES)):
        model = create_model("conv_rnn", shape, 3, filters=[4], units=[5], wrap=["residual"])
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        np.testing.assert_allclose(said(loaded, samples), said(model, samples), atol=1e-6)


def test_each_layer_counts_at_the_steps_that_are_left():
    model = create_model(
        "conv_rnn", (None, 4), 3, filters=[5, 6], strides=2, pool=2, cell="simple_rnn", units=[7]
    )
    # Of 21 steps the convolutions see 11, then after pooling 6 of them 3; pooled 2 are read.
    products = 11 * 3 * 4 * 5 + 3 * 3 * 5 * 6 + 2 * (6 + 7) * 7 + 7 * 3
    assert flops_per_image(model, 21) == 2 * products
