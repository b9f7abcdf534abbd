"""Pooling over time against NumPy, with and without a mask."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers import AttentionPooling, LastStep, MaxOverTime, MeanOverTime

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [0, 1, 0, 0, 0]], bool)
LAYERS = [LastStep, MeanOverTime, MaxOverTime, AttentionPooling]


def kept(row):
    return X[row][MASK[row]]


@pytest.mark.parametrize(
    ("layer", "pool"),
    [
        (LastStep, lambda steps: steps[-1]),
        (MeanOverTime, lambda steps: steps.mean(axis=0)),
        (MaxOverTime, lambda steps: steps.max(axis=0)),
    ],
)
def test_pooling_sees_the_steps_that_are_not_masked(layer, pool):
    unmasked = ops.convert_to_numpy(layer()(X))
    np.testing.assert_allclose(unmasked, [pool(steps) for steps in X], rtol=1e-6)
    masked = ops.convert_to_numpy(layer()(X, mask=MASK))
    np.testing.assert_allclose(masked, [pool(kept(row)) for row in range(3)], rtol=1e-6)


@pytest.mark.parametrize("mask", [None, MASK])
def test_attention_is_a_softmax_weighted_mean(mask):
    layer = AttentionPooling(units=6)
    output = ops.convert_to_numpy(layer(X, mask=mask))
    kernel, bias, score = (ops.convert_to_numpy(w) for w in layer.weights)
    for row in range(3):
        steps = X[row] if mask is None else kept(row)
        e = np.exp(np.tanh(steps @ kernel + bias) @ score)
        mean = (e / e.sum() * steps).sum(axis=0)
        np.testing.assert_allclose(output[row], mean, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("mask", [None, MASK])
@pytest.mark.parametrize("layer", LAYERS)
def test_pooled_at_a_step_is_pooled_over_the_sequence_cut_there(layer, mask):
    every = layer(return_sequences=True)
    so_far = ops.convert_to_numpy(every(X, mask=mask))
    whole = layer()
    whole.build(X.shape)
    whole.set_weights(every.get_weights())
    for row in range(3):
        # Before the first step that counts there is nothing to pool.
        first = 0 if mask is None else int(mask[row].argmax())
        for end in range(first + 1, X.shape[1] + 1):
            part = None if mask is None else mask[row : row + 1, :end]
            expected = ops.convert_to_numpy(whole(X[row : row + 1, :end], mask=part))[0]
            np.testing.assert_allclose(so_far[row, end - 1], expected, rtol=2e-5, atol=1e-6)


def test_attention_so_far_bears_scores_far_apart():
    """exp(-2 × 100) is 0 in float32: a sum over all steps, less what is to come, would lose it."""
    layer = AttentionPooling(units=1, return_sequences=True)
    layer.build((1, 3, 1))
    layer.set_weights([np.array([[9.0]]), np.array([0.0]), np.array([[100.0]])])
    steps = np.array([[[-1.0], [-1.0], [1.0]]], "float32")
    np.testing.assert_allclose(ops.convert_to_numpy(layer(steps))[0, :, 0], [-1, -1, 1])


def test_the_mean_so_far_counts_beyond_what_half_precision_can():
    steps = np.ones((1, 600, 1), "float32")
    mean = MeanOverTime(return_sequences=True, dtype="bfloat16")(steps)
    np.testing.assert_allclose(ops.convert_to_numpy(ops.cast(mean, "float32")), 1.0)


EVERY = [False, True]


@pytest.mark.parametrize("return_sequences", EVERY)
@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_but_masked_steps_gives_zeros(layer, return_sequences):
    """As Keras's GlobalAveragePooling1D does: neither padding nor a number that stands for it."""
    pool = layer(return_sequences=return_sequences)
    mask = np.array([[0, 0, 0, 0, 0], [0, 0, 1, 0, 1], [1, 1, 1, 1, 1]], bool)
    steps = np.where(mask[:, :, None], X, 7.0).astype("float32")
    found = ops.convert_to_numpy(pool(steps, mask=mask))
    np.testing.assert_array_equal(found[0], 0)
    assert (found[1, -1] != 0).all() and (found[2] != 0).all()
    if return_sequences:
        np.testing.assert_array_equal(found[1, :2], 0)


@pytest.mark.parametrize("return_sequences", EVERY)
@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_masked_reaches_neither_value_nor_gradient(layer, return_sequences, gradients_of):
    """NaN times 0 is NaN, and infinity less infinity too."""
    mask = np.array([[0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [1, 1, 1, 0, 0]], bool)
    pool = layer(return_sequences=return_sequences)
    pool.build(X.shape)
    weight = np.random.default_rng(1).normal(size=X.shape).astype("float32")
    weight = ops.convert_to_tensor(weight if return_sequences else weight[:, 0])
    found = []
    for hidden in (0.0, np.nan, np.inf, -np.inf):
        steps = keras.Variable(np.where(mask[:, :, None], X, hidden).astype("float32"))
        values = ops.convert_to_numpy(pool(steps, mask=mask))
        variables = [steps, *pool.trainable_variables]
        gradients = gradients_of(lambda v=steps: ops.sum(pool(v, mask=mask) * weight), variables)
        np.testing.assert_array_equal(gradients[0][~mask], 0)
        found.append([values, *gradients])
    for other in found[1:]:
        for expected, value in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(value, expected)


def test_the_largest_of_what_is_far_below_zero():
    steps = np.array([[[-1e6], [-2e6], [5.0]]], "float32")
    mask = np.array([[True, True, False]])
    assert ops.convert_to_numpy(MaxOverTime()(steps, mask=mask)) == -1e6
