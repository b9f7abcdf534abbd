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


def test_the_gradient_of_a_gradient_is_that_of_sums():
    """Which a product with each of the kernel's steps finds."""
    x, kernel, probe = RANDOM.normal(size=(3, 2, 9, 3))
    kernel = kernel[0].T
    *given, probe = (ops.convert_to_tensor(v, "float64") for v in (x, kernel, probe))
    late, early, shift = np.indices((9, 9, 9))
    meets = ops.convert_to_tensor(late - early == shift, "float64")

    def by_products(x, k):
        return ops.einsum("tsn,fn,bsf->btf", meets, k, x)

    def second(convolve):
        def size(x, k):
            return ops.sum(probe * convolve(x, k) ** 2)

        return [
            ops.convert_to_numpy(value) for value in SECOND[keras.backend.backend()](size, given)
        ]

    for found, expected in zip(second(long_convolution), second(by_products), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8)


def _on_tensorflow(function, given):
    import tensorflow as tf

    def second():
        with tf.GradientTape() as outer:
            outer.watch(given)
            with tf.GradientTape() as inner:
                inner.watch(given)
                value = function(*given)
            size = sum(tf.reduce_sum(d**2) for d in inner.gradient(value, given))
        return outer.gradient(size, given)

    eager, traced = second(), tf.function(second)()
    for one, other in zip(eager, traced, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10)
    return eager


def _on_jax(function, given):
    import jax

    places = tuple(range(len(given)))

    def size(*given):
        return sum(ops.sum(d**2) for d in jax.grad(function, places)(*given))

    return jax.grad(size, places)(*given)


def _on_torch(function, given):
    import torch

    given = [value.detach().requires_grad_() for value in given]
    first = torch.autograd.grad(function(*given), given, create_graph=True)
    return torch.autograd.grad(sum((d**2).sum() for d in first), given)


SECOND = {"tensorflow": _on_tensorflow, "jax": _on_jax, "torch": _on_torch}
