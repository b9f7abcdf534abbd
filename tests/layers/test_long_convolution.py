"""The long convolution against NumPy's, which is a sum of products."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers.long_convolution import long_convolution

RANDOM = np.random.default_rng(0)


def by_sums(x, kernel):
    """Of `(steps, features)` and `(features, steps)`, feature by feature."""
    rows = [np.convolve(one, k)[: len(one)] for one, k in zip(x.T, kernel, strict=True)]
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("steps", [1, 2, 7, 97, 784])
def test_is_a_causal_convolution(steps):
    x = RANDOM.normal(size=(2, steps, 3)).astype("float32")
    kernel = RANDOM.normal(size=(3, steps)).astype("float32")
    found = long_convolution(ops.convert_to_tensor(x), ops.convert_to_tensor(kernel))
    expected = np.stack([by_sums(one.astype(float), kernel.astype(float)) for one in x])
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-6 * steps + 1e-5)


def test_gradients_are_what_small_changes_make(gradients_of):
    x, kernel, probe = RANDOM.normal(size=(3, 9, 2))
    variables = [keras.Variable(v.astype("float32")) for v in (x[None], kernel.T)]
    above = ops.convert_to_tensor(probe[None].astype("float32"))

    def loss():
        return ops.sum(long_convolution(*map(ops.convert_to_tensor, variables)) * above)

    ways = RANDOM.normal(size=(2, 9, 2))

    def at(step):
        return np.sum(by_sums(x + step * ways[0], (kernel + step * ways[1]).T) * probe)

    found = gradients_of(loss, variables)
    along = np.sum(found[0][0] * ways[0]) + np.sum(found[1] * ways[1].T)
    assert along == pytest.approx((at(1e-5) - at(-1e-5)) / 2e-5, rel=1e-4)


def test_half_precision_is_convolved_in_full():
    x, kernel = ops.ones((1, 300, 1), "bfloat16"), ops.ones((1, 300), "bfloat16")
    found = long_convolution(x, kernel)
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(found)[0, :, 0], np.arange(1, 301), rtol=1e-4)
