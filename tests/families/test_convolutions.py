"""The convolutional classifiers of series against the published networks, of Keras's layers."""

import math

import keras
import numpy as np
import pytest
from keras import layers, ops

from seqvision import create_model
from seqvision.errors import SeqvisionError
from seqvision.layers import DimensionShuffle

SERIES = np.random.default_rng(0).normal(5, 3, (4, 12, 3)).astype("float32")
LENGTHS = np.array([12, 1, 7, 10])
UNEQUAL = np.where(np.arange(12)[:, None] < LENGTHS[:, None, None], SERIES, np.nan)

# Transcribed from the authors' code, with a name for each layer that has weights.


def conv(x, filters, size, name, use_bias=True):
    return layers.Conv1D(filters, size, padding="same", use_bias=use_bias, name=f"conv_{name}")(x)


def norm(x, name):
    return layers.BatchNormalization(name=f"norm_{name}")(x)


def fcn(x):
    for n, (filters, size) in enumerate([(128, 8), (256, 5), (128, 3)], start=1):
        x = layers.ReLU()(norm(conv(x, filters, size, n), n))
    return layers.GlobalAveragePooling1D()(x)


def resnet1d(x):
    for n, filters in ((1, 64), (2, 128), (3, 128)):
        y = layers.ReLU()(norm(conv(x, filters, 8, f"{n}_1"), f"{n}_1"))
        y = layers.ReLU()(norm(conv(y, filters, 5, f"{n}_2"), f"{n}_2"))
        y = norm(conv(y, filters, 3, f"{n}_3"), f"{n}_3")
        x = x if n == 3 else conv(x, filters, 1, f"{n}_shortcut")
        x = layers.ReLU()(layers.add([norm(x, f"{n}_shortcut"), y]))
    return layers.GlobalAveragePooling1D()(x)


def inception_time(x):
    residual = x
    for n in range(1, 7):
        z = conv(x, 32, 1, f"{n}_bottleneck", False) if x.shape[-1] > 1 else x
        parts = [conv(z, 32, 40 // 2**i, f"{n}_{i + 1}", False) for i in range(3)]
        pooled = layers.MaxPooling1D(3, 1, padding="same")(x)
        parts.append(conv(pooled, 32, 1, f"{n}_pool", False))
        x = layers.ReLU()(norm(layers.concatenate(parts), n))
        if n % 3 == 0:
            shortcut = norm(conv(residual, 128, 1, f"{n}_shortcut", False), f"{n}_shortcut")
            x = residual = layers.ReLU()(layers.add([shortcut, x]))
    return layers.GlobalAveragePooling1D()(x)


def lstm_fcn(x):
    read = layers.LSTM(8, name="recurrent_1")(layers.Permute((2, 1))(x))
    return layers.concatenate([layers.Dropout(0.8)(read), fcn(x)])


PUBLISHED = [fcn, resnet1d, inception_time, lstm_fcn]
SMALL = {
    "fcn": {"filters": [3, 4], "kernel_sizes": [4, 3]},
    "resnet1d": {"filters": [4, 3], "kernel_sizes": [4, 3]},
    "inception_time": {"filters": 2, "kernel_sizes": [5, 2], "depth": 2, "residual_every": 2},
    "lstm_fcn": {"filters": 3, "kernel_sizes": [4], "units": 2, "steps": 8, "dropout": 0.0},
}


def said(model, samples, **how):
    return ops.convert_to_numpy(model(ops.convert_to_tensor(samples), **how))


def with_random_weights(model):
    """Biases, means and variances too."""
    generator = np.random.default_rng(1)
    for weight in model.variables:
        if weight.name not in ("seed_generator_state", "mean", "scale"):
            value = ops.convert_to_numpy(weight) + generator.normal(0, 0.1, weight.shape)
            weight.assign(np.abs(value) if weight.name == "moving_variance" else value)
    return model


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda each: each.__name__)
def test_where_nothing_is_masked_it_is_the_published_network(published):
    model = with_random_weights(create_model(published.__name__, (12, 3), 2, input="series"))
    x = keras.Input((12, 3))
    by_hand = keras.Model(x, layers.Dense(2, name="logits")(published(x)))
    for layer in by_hand.layers:
        if layer.weights:
            layer.set_weights(model.get_layer(layer.name).get_weights())
    model.get_layer("input").adapt(SERIES)
    normalised = said(model.get_layer("input"), SERIES)
    training = published is not lstm_fcn  # Which draws random numbers then.
    found = said(model, SERIES, training=training)
    expected = said(by_hand, normalised, training=training)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert np.std(expected, axis=0).min() > 1e-2  # It tells them apart.


@pytest.mark.parametrize(
    ("family", "trained", "fixed"),
    [
        ("fcn", 264_962, 1_024),
        ("resnet1d", 504_258, 2_560),
        ("inception_time", 420_450, 2_048),
        ("lstm_fcn", 270_066, 1_024),
    ],
)
def test_it_has_as_many_parameters_as_the_authors_code(family, trained, fixed):
    """Of series of one feature and 150 steps in two classes, as GunPoint."""
    model = create_model(family, (150, 1), 2, input={"name": "series", "normalize": "none"})
    weights = model.trainable_weights, model.non_trainable_weights
    counted = [sum(math.prod(weight.shape) for weight in some) for some in weights]
    assert counted == [trained, fixed]


@pytest.mark.parametrize("family", SMALL)
def test_in_training_too_padding_changes_nothing(family):
    """What is said of a batch, and what its normalizations remember of it."""
    model = create_model(family, (None, 3), 2, **SMALL[family], momentum=0.0)
    found = []
    for padding in (0, 5):
        longer = np.pad(UNEQUAL, [(0, 0), (0, padding), (0, 0)], constant_values=np.nan)
        logits = said(model, longer, training=True)
        found.append([logits, *(ops.convert_to_numpy(w) for w in model.non_trainable_weights)])
    for value, longer in zip(*found, strict=True):
        np.testing.assert_allclose(longer, value, atol=1e-5)
    assert np.abs(found[0][-1] - 1).max() > 0.01  # The last variance has moved.


def test_of_a_batch_no_masked_step_is_counted():
    model = with_random_weights(create_model("fcn", (None, 3), 2, **SMALL["fcn"], momentum=0.0))
    convolved = keras.Model(model.input, model.get_layer("conv_1").output)
    made = said(convolved, UNEQUAL)
    real = np.concatenate([one[:length] for one, length in zip(made, LENGTHS, strict=True)])
    said(model, UNEQUAL, training=True)
    *_, mean, variance = model.get_layer("norm_1").get_weights()
    np.testing.assert_allclose(mean, real.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(variance, real.var(axis=0), atol=1e-5)


def test_shuffled_sequences_have_one_number_of_steps():
    mask = np.arange(12) < LENGTHS[:, None]
    for steps in (8, 15):
        layer = DimensionShuffle(steps)
        found = ops.convert_to_numpy(layer(ops.convert_to_tensor(UNEQUAL), mask=mask))
        expected = np.zeros((4, 3, steps))
        for row, (one, length) in enumerate(zip(SERIES, LENGTHS, strict=True)):
            expected[row, :, : min(length, steps)] = one[: min(length, steps)].T
        np.testing.assert_array_equal(found, expected.astype("float32"))
        assert layer.compute_output_shape((4, None, 3)) == found.shape


def test_without_the_shuffle_the_lstm_reads_the_steps_there_are():
    options = {**SMALL["lstm_fcn"], "steps": None, "shuffle": False}
    model = with_random_weights(create_model("lstm_fcn", (None, 3), 2, **options))
    read = keras.Model(model.input, model.get_layer("recurrent_1").output)
    normalised = said(model.get_layer("input"), UNEQUAL)
    lstm = layers.LSTM(2)
    lstm.build((None, None, 3))
    lstm.set_weights(model.get_layer("recurrent_1").get_weights())
    expected = [said(lstm, one[None, :n])[0] for one, n in zip(normalised, LENGTHS, strict=True)]
    np.testing.assert_allclose(said(read, UNEQUAL), expected, atol=1e-5)


def test_what_does_not_fit_is_told():
    with pytest.raises(SeqvisionError, match=r"say how many: `steps: 100` .* or `shuffle: false`"):
        create_model("lstm_fcn", (None, 3), 2)
    with pytest.raises(SeqvisionError, match=r"one for each of 3 kernel_sizes, .* got 2"):
        create_model("fcn", (None, 3), 2, filters=[4, 4])
