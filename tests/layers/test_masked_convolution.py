"""Convolution and pooling of masked sequences against Keras's on each sequence alone."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers import MaskedConv1D, MaskedMaxPooling1D

LENGTHS = (9, 1, 4, 6)
X = np.random.default_rng(0).normal(-3, 1, (4, 9, 3)).astype("float32")
MASK = np.arange(9) < np.array(LENGTHS)[:, None]
CONVOLUTIONS = [
    {"kernel_size": 1},
    {"kernel_size": 2},
    {"kernel_size": 3},
    {"kernel_size": 5, "strides": 2, "activation": "relu"},
    {"kernel_size": 4, "strides": 3},
    {"kernel_size": 3, "dilation_rate": 2, "use_bias": False},
]


def built(layer, shape=(None, 9, 3)):
    layer.build(shape)
    generator = np.random.default_rng(1)
    layer.set_weights([generator.normal(0, 1, w.shape) for w in layer.get_weights()])
    return layer


def out(layer, x, **mask):
    return ops.convert_to_numpy(layer(ops.convert_to_tensor(x), **mask))


def mask_of(layer, x, mask):
    found = layer.compute_mask(ops.convert_to_tensor(x), ops.convert_to_tensor(mask))
    return ops.convert_to_numpy(found)


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_without_a_mask_it_is_keras_same_convolution_at_every_stride(options):
    ours = built(MaskedConv1D(5, **options))
    theirs = keras.layers.Conv1D(5, padding="same", **{**options, "strides": 1})
    theirs.build(X.shape)
    theirs.set_weights(ours.get_weights())
    for steps in (9, 8, 1):
        expected = out(theirs, X[:, :steps])[:, :: options.get("strides", 1)]
        np.testing.assert_allclose(out(ours, X[:, :steps]), expected, atol=1e-5)
        assert ours.compute_output_shape((4, steps, 3)) == expected.shape


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_without_a_mask_it_is_the_maximum_of_each_window(size):
    layer = MaskedMaxPooling1D(size)
    windows = [X[:, start : start + size].max(axis=1) for start in range(0, 9, size)]
    np.testing.assert_array_equal(out(layer, X), np.stack(windows, axis=1))
    assert layer.compute_output_shape((4, 9, 3)) == (4, len(windows), 3)
    whole = X[:, : 9 - 9 % size]
    theirs = keras.layers.MaxPooling1D(size, data_format="channels_last")
    np.testing.assert_array_equal(out(layer, whole), out(theirs, whole))


@pytest.mark.parametrize(("size", "strides"), [(2, 1), (3, 1), (4, 1), (4, 2), (5, 3)])
def test_without_a_mask_windows_lie_where_keras_puts_them(size, strides):
    layer = MaskedMaxPooling1D(size, strides)
    theirs = keras.layers.MaxPooling1D(size, strides, "same", data_format="channels_last")
    for steps in (6, 3):  # Of other numbers Keras begins elsewhere.
        expected = out(theirs, X[:, :steps])
        np.testing.assert_array_equal(out(layer, X[:, :steps]), expected)
        assert layer.compute_output_shape((4, steps, 3)) == expected.shape


def test_windows_that_leave_out_steps_are_refused():
    with pytest.raises(ValueError, match="strides: 3 is more than the pool_size, 2"):
        MaskedMaxPooling1D(2, 3)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda o=o: built(MaskedConv1D(5, **o)) for o in CONVOLUTIONS),
        *(lambda n=n: MaskedMaxPooling1D(n) for n in (1, 2, 3, 4)),
        *(lambda n=n: MaskedMaxPooling1D(*n) for n in ((3, 1), (5, 2))),
    ],
)
@pytest.mark.parametrize("hidden", [0.0, 7.0, np.nan, np.inf])
def test_each_sequence_is_what_it_is_alone(make, hidden):
    layer = make()
    x = np.where(MASK[:, :, None], X, np.float32(hidden))
    found, mask = out(layer, x, mask=MASK), mask_of(layer, x, MASK)
    assert np.isfinite(found).all()
    for row, length in enumerate(LENGTHS):
        alone = out(layer, X[row : row + 1, :length])[0]
        np.testing.assert_allclose(found[row, : len(alone)], alone, atol=1e-5)
        np.testing.assert_array_equal(mask[row], np.arange(len(mask[row])) < len(alone))


@pytest.mark.parametrize("make", [lambda: built(MaskedConv1D(5, 3)), lambda: MaskedMaxPooling1D(3)])
def test_what_is_masked_has_no_gradient(make, gradients_of):
    layer = make()
    x = keras.Variable(np.where(MASK[:, :, None], X, np.float32(np.nan)))
    weight = np.random.default_rng(2).normal(size=out(layer, X).shape).astype("float32")
    weight = ops.convert_to_tensor(weight * mask_of(layer, X, MASK)[:, :, None])

    def loss():
        return ops.sum(layer(ops.convert_to_tensor(x), mask=MASK) * weight)

    first, *others = gradients_of(loss, [x, *layer.trainable_weights])
    assert (first[~MASK] == 0).all() and np.abs(first[MASK]).max() > 0
    assert all(np.isfinite(each).all() for each in others)


def test_pooling_leaves_out_gaps_and_what_is_all_masked_is_0():
    mask = np.array([[0, 0, 1, 0, 0, 1]], bool)
    steps = np.arange(6.0, dtype="float32").reshape(1, 6, 1) - 10
    layer = MaskedMaxPooling1D(2)
    np.testing.assert_array_equal(out(layer, steps, mask=mask)[0, :, 0], [0, -8, -5])
    np.testing.assert_array_equal(mask_of(layer, steps, mask), [[False, True, True]])


def test_saved_and_loaded_with_every_argument_over_any_number_of_steps(tmp_path):
    x = keras.Input((None, 3))
    y = keras.layers.Masking()(x)
    y = MaskedConv1D(5, 4, 2, activation="tanh", dilation_rate=1, kernel_regularizer="l2")(y)
    y = MaskedMaxPooling1D(3, 2)(y)
    model = keras.Model(x, keras.layers.GRU(2)(y))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert [layer.get_config() for layer in loaded.layers] == [
        layer.get_config() for layer in model.layers
    ]
    given = np.where(MASK[:, :, None], X, 0)
    for steps in (9, 7):
        np.testing.assert_allclose(loaded(given[:, :steps]), model(given[:, :steps]), atol=1e-6)
    np.testing.assert_allclose(model(given)[1], model(given[1:2, :1])[0], atol=1e-6)
