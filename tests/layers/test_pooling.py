"""Pooling over time against NumPy, with and without a mask."""

import numpy as np
import pytest
from keras import ops

from seqvision.layers import AttentionPooling, LastStep, MaxOverTime, MeanOverTime

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0], [0, 1, 0, 0, 0]], bool)


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
        np.testing.assert_allclose(output[row], (e / e.sum() * steps).sum(axis=0), rtol=2e-5)
