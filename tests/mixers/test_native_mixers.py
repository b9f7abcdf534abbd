"""Mixers that are one operation in C++ give the numbers of the linear recurrence in Keras's."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.mixers import MinGRU, MinLSTM

X = np.random.default_rng(0).normal(size=(5, 23, 6)).astype("float32")
MASK = np.random.default_rng(1).random((5, 23)) < 0.8
FIRST = np.random.default_rng(2).normal(size=(5, 12)).astype("float32")


@pytest.fixture(params=[MinGRU, MinLSTM])
def mixer(request):
    keras.utils.set_random_seed(0)
    made = request.param(expand=2)
    made.build((None, None, 6))
    for weight in made.weights:
        weight.assign_add(keras.random.normal(weight.shape, 0, 0.1, seed=3))
    return made


@pytest.mark.parametrize("masked", [False, True])
def test_outputs_states_and_gradients(mixer, masked, gradients_of, monkeypatch):
    mask = ops.convert_to_tensor(MASK) if masked else None
    x, first = (keras.Variable(value) for value in (X, FIRST))
    if masked:
        x.assign(np.where(MASK[..., None], X, np.nan))

    def everything():
        def loss():
            outputs, last = mixer.run(
                ops.convert_to_tensor(x), [ops.convert_to_tensor(first)], mask, training=True
            )
            return ops.sum(outputs**2) + ops.sum(ops.sin(last[0]))

        outputs, last = mixer.run(ops.convert_to_tensor(x), [ops.convert_to_tensor(first)], mask)
        found = [outputs, *last, *gradients_of(loss, [x, first, *mixer.trainable_variables])]
        return [ops.convert_to_numpy(value) for value in found]

    found = everything()
    assert mixer.path.startswith("native: ")
    monkeypatch.setenv("SEQVISION_NATIVE", "0")
    expected = everything()
    assert mixer.path == "linear recurrence: SEQVISION_NATIVE is 0"
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5 * max(1, np.abs(other).max()))


@pytest.mark.tensorflow
def test_the_gradient_of_a_gradient(mixer, monkeypatch):
    import tensorflow as tf

    x = tf.constant(X)

    def second():
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(mixer(x, training=True) ** 2)
            size = tf.reduce_sum(inner.gradient(loss, x) ** 2)
        return outer.gradient(size, [x, mixer.kernel.value])

    found = second()
    monkeypatch.setenv("SEQVISION_NATIVE", "0")
    for one, other in zip(found, second(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other).max())


def test_where_kernels_do_not_apply(mixer):
    plain = type(mixer)(positive=False)
    plain(ops.convert_to_tensor(X))
    assert plain.path == "linear recurrence: the candidate may be negative"
    exact = type(mixer)(dtype="float64")
    exact(ops.convert_to_tensor(X, "float64"))
    assert exact.path == "linear recurrence: it computes in float64"
