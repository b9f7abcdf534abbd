"""The long convolution against NumPy's, which is a sum of products."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers import long_convolution_native
from seqvision.layers.long_convolution import long_convolution

RANDOM = np.random.default_rng(0)


@pytest.fixture(params=["in C++", "by transforms"], autouse=True)
def _way(request, monkeypatch):
    """In float64 there is but the one."""
    if request.param == "by transforms":
        monkeypatch.setattr(long_convolution_native, "applies", lambda *_: False)


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


def test_one_feature_is_read_by_every_kernel(gradients_of):
    x, kernel, probe = RANDOM.normal(size=(2, 9, 1)), RANDOM.normal(size=(5, 9)), np.arange(5.0)
    of_one, kernels = (keras.Variable(value, dtype="float32") for value in (x, kernel))
    of_each = keras.Variable(np.repeat(x, 5, axis=2), dtype="float32")

    def outcome(sequence):
        def convolved():
            return long_convolution(*map(ops.convert_to_tensor, (sequence, kernels)))

        above = ops.convert_to_tensor(probe, "float32")
        gradients = gradients_of(lambda: ops.sum(convolved() * above), [sequence, kernels])
        return [ops.convert_to_numpy(convolved()), *gradients]

    y, d_x, d_kernel = outcome(of_one)
    expected_y, expected_d_x, expected_d_kernel = outcome(of_each)
    np.testing.assert_allclose(y, expected_y, atol=1e-5)
    np.testing.assert_allclose(d_x, expected_d_x.sum(-1, keepdims=True), atol=1e-4)
    np.testing.assert_allclose(d_kernel, expected_d_kernel, atol=1e-4)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-8), ("float32", 1e-4)])
def test_the_gradient_of_a_gradient_is_that_of_sums(dtype, tolerance):
    """Which a product with each of the kernel's steps finds."""
    x, kernel, probe = RANDOM.normal(size=(3, 2, 9, 3))
    kernel = kernel[0].T
    late, early, shift = np.indices((9, 9, 9))

    def second(convolve, dtype):
        *given, above = (ops.convert_to_tensor(v, dtype) for v in (x, kernel, probe))

        def size(x, k):
            return ops.sum(above * convolve(x, k) ** 2)

        return [
            ops.convert_to_numpy(value) for value in SECOND[keras.backend.backend()](size, given)
        ]

    def by_products(x, k):
        meets = ops.convert_to_tensor(late - early == shift, "float64")
        return ops.einsum("tsn,fn,bsf->btf", meets, k, x)

    def long(x, k):
        return long_convolution(x, k, training=True)

    for found, expected in zip(second(long, dtype), second(by_products, "float64"), strict=True):
        near = tolerance * max(1, np.abs(expected).max())
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=near)


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
        rtol = 1e-10 if one.dtype == tf.float64 else 1e-4
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)
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
