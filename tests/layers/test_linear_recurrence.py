"""The linear recurrence against a loop of NumPy's, and its gradients against differences of it."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from seqvision.layers import linear_native
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.own_gradient import with_gradient
from seqvision.native import core

BACKEND = keras.backend.backend()
KINDS = st.fixed_dictionaries(
    {
        "steps": st.integers(1, 40) | st.sampled_from([67, 97, 784, 4097]),
        "size": st.integers(1, 3),
        "is_complex": st.booleans(),
        "shared": st.booleans(),
        "masked": st.booleans(),
        "begun": st.booleans(),
        "reverse": st.booleans(),
        "seed": st.integers(0, 99),
    }
)


def by_loop(a, b, first, mask, reverse):
    a, h, states = np.broadcast_to(a, b.shape), first, np.zeros_like(b)
    for t in reversed(range(b.shape[1])) if reverse else range(b.shape[1]):
        h = np.where(mask[:, t, None], a[:, t] * h + b[:, t], h)
        states[:, t] = h
    return states


class Case:
    """Random numbers for a recurrence, in NumPy's float64 or complex128."""

    def __init__(self, steps, size, is_complex, shared, masked, begun, reverse, seed):
        self.random = np.random.default_rng(seed)
        self.is_complex, self.reverse = is_complex, reverse
        self.shape = (2, steps, size)
        a = self.draw(size) if shared else self.draw(*self.shape)
        a *= self.random.uniform(0.5, 1, a.shape) / np.abs(a)
        self.given = [a, self.draw(*self.shape)]
        self.given += [self.draw(2, size)] if begun else []
        self.mask = self.random.random((2, steps)) < (0.6 if masked else 2)
        self.masked = masked

    def draw(self, *shape):
        real, imaginary = self.random.normal(size=(2, *shape))
        return real + 1j * imaginary if self.is_complex else real

    def expected(self, a, b, first=None):
        first = np.zeros_like(b[:, 0]) if first is None else first
        return by_loop(a, b, first, self.mask, self.reverse)

    def parts(self, value):
        return [value.real, value.imag] if self.is_complex else [value]

    def ours(self, values):
        """From flat real tensors, as `parts` makes them, to the parts of h."""
        pairs = zip(values[::2], values[1::2], strict=True) if self.is_complex else values
        mask = ops.convert_to_tensor(self.mask) if self.masked else None
        a, b, *first = pairs
        h = linear_recurrence(a, b, *first, mask=mask, reverse=self.reverse)
        return list(h) if self.is_complex else [h]


@settings(max_examples=10 if BACKEND == "jax" else 30, deadline=None)  # JAX compiles each shape.
@given(kind=KINDS)
def test_is_a_loop(kind):
    case = Case(**kind)
    flat = [part for value in case.given for part in case.parts(value)]
    found = case.ours([ops.convert_to_tensor(part, "float64") for part in flat])
    for ours, right in zip(found, case.parts(case.expected(*case.given)), strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(ours), right, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("steps", [1, 5, 30, 61])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("is_complex", [False, True])
def test_gradients_are_what_small_changes_make(
    steps, reverse, masked, shared, is_complex, gradients_of
):
    case = Case(steps, 3, is_complex, shared, masked, True, reverse, steps)
    probe = case.draw(*case.shape)

    def loss_of(*given):
        return sum(
            float(np.sum(x * y))
            for x, y in zip(case.parts(case.expected(*given)), case.parts(probe), strict=True)
        )

    flat = [part for value in case.given for part in case.parts(value)]
    variables = [keras.Variable(part, dtype="float64") for part in flat]

    def loss():
        found = case.ours([ops.convert_to_tensor(v) for v in variables])
        return sum(
            ops.sum(x * ops.convert_to_tensor(y, "float64"))
            for x, y in zip(found, case.parts(probe), strict=True)
        )

    gradients = gradients_of(loss, variables)
    ways = [case.draw(*value.shape) for value in case.given]
    along = [part for way in ways for part in case.parts(way)]
    ahead, back = (
        loss_of(*(x + step * way for x, way in zip(case.given, ways, strict=True)))
        for step in (1e-6, -1e-6)
    )
    found = sum(np.sum(g * way) for g, way in zip(gradients, along, strict=True))
    assert found == pytest.approx((ahead - back) / 2e-6, rel=1e-6, abs=1e-6)


def test_where_it_is_masked_it_may_be_anything():
    case = Case(9, 2, False, False, True, True, False, 0)
    expected = case.expected(*case.given)
    a, b, first = (value.copy() for value in case.given)
    a[~case.mask] = b[~case.mask] = np.nan
    found = case.ours([ops.convert_to_tensor(x, "float64") for x in (a, b, first)])
    np.testing.assert_allclose(ops.convert_to_numpy(found[0]), expected, atol=1e-12)


def test_half_precision_is_summed_in_full():
    """256 + 1 stays 256 in bfloat16."""
    ones = ops.ones((1, 300, 1), "bfloat16")
    h = linear_recurrence(ops.ones((1,), "bfloat16"), ones)
    assert keras.backend.standardize_dtype(h.dtype) == "float32"
    np.testing.assert_array_equal(ops.convert_to_numpy(h)[0, :, 0], np.arange(1, 301))


@pytest.mark.tensorflow
@pytest.mark.parametrize(("reverse", "is_complex"), [(False, False), (True, True)])
def test_the_number_of_steps_need_not_be_known(reverse, is_complex):
    import tensorflow as tf

    n = 6 if is_complex else 3

    @tf.function(input_signature=[tf.TensorSpec(None, "float64")] * n, autograph=False)
    def unknown(*flat):
        flat = [tf.ensure_shape(x, (None, None, 2)) for x in flat[: n - n // 3]] + [
            tf.ensure_shape(x, (None, 2)) for x in flat[n - n // 3 :]
        ]
        with tf.GradientTape() as tape:
            tape.watch(flat)
            h = case.ours(flat)
            loss = sum(tf.reduce_sum(part * tf.sin(part)) for part in h)
        return h, tape.gradient(loss, flat)

    for steps in (1, 15, 16, 17, 1500):
        case = Case(steps, 2, is_complex, False, False, True, reverse, steps)
        flat = [tf.constant(part) for value in case.given for part in case.parts(value)]
        found, gradients = unknown(*flat)
        for ours, right in zip(found, case.parts(case.expected(*case.given)), strict=True):
            np.testing.assert_allclose(ours, right, atol=1e-9)
        with tf.GradientTape() as tape:
            tape.watch(flat)
            loss = sum(tf.reduce_sum(part * tf.sin(part)) for part in case.ours(flat))
        for ours, right in zip(gradients, tape.gradient(loss, flat), strict=True):
            np.testing.assert_allclose(ours, right, atol=1e-9)


def numpy(values):
    return [np.asarray(ops.convert_to_numpy(value)) for value in values]


def calls(monkeypatch):
    """How often the native one is called from now on, as a list that grows."""
    heard, run = [], linear_native.recurrence

    def recurrence(*given):
        heard.append(given)
        return run(*given)

    monkeypatch.setattr(linear_native, "recurrence", recurrence)
    return heard


def second_gradient(function, x):
    """The gradient of the sum of the squares of a function's gradient."""
    if BACKEND == "jax":
        import jax

        return jax.grad(lambda x: (jax.grad(function)(x) ** 2).sum())(x)
    if BACKEND == "torch":
        import torch

        x = x.requires_grad_()
        (first,) = torch.autograd.grad(function(x), x, create_graph=True)
        return torch.autograd.grad((first**2).sum(), x)[0]
    import tensorflow as tf

    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            loss = function(x)
        squares = tf.reduce_sum(inner.gradient(loss, x) ** 2)
    return outer.gradient(squares, x)


def test_a_gradient_has_a_gradient():
    """h(2) = a³ f + (a² + a + 1) b, here with a = b = f = x: x⁴ + x³ + x² + x."""
    value = 0.7

    def last(x):
        row = ops.broadcast_to(ops.reshape(x, (1, 1, 1)), (1, 3, 1))
        return linear_recurrence(row, row, ops.reshape(x, (1, 1)))[0, -1, 0]

    found = second_gradient(last, ops.convert_to_tensor(value, "float64"))
    first = 4 * value**3 + 3 * value**2 + 2 * value + 1
    assert float(found) == pytest.approx(2 * first * (12 * value**2 + 6 * value + 2))


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("is_complex", [False, True])
def test_in_float32_the_native_one_is_the_same(
    is_complex, shared, reverse, gradients_of, monkeypatch
):
    """It, its gradients and theirs, of several registers' numbers and a part of one's."""
    case = Case(11, 37, is_complex, shared, False, True, reverse, 3)
    flat = [part for value in case.given for part in case.parts(value)]
    ends = np.cumsum([part.size for part in flat])

    def loss(x):
        pieces = (x[end - part.size : end] for part, end in zip(flat, ends, strict=True))
        parts = [ops.reshape(x, part.shape) for x, part in zip(pieces, flat, strict=True)]
        return sum(ops.sum(ops.sin(h)) for h in case.ours(parts))

    def found(dtype):
        x = keras.Variable(np.concatenate([part.ravel() for part in flat]), dtype=dtype)
        (first,) = gradients_of(lambda: loss(ops.convert_to_tensor(x)), [x])
        given = ops.convert_to_tensor(ops.convert_to_numpy(x), dtype)
        return numpy([loss(given), first, second_gradient(loss, given)])

    in_float64 = found("float64")
    begun = calls(monkeypatch)
    in_float32 = found("float32")
    assert begun or core.hindrance()
    for native, portable in zip(in_float32, in_float64, strict=True):
        np.testing.assert_allclose(native, portable, atol=1e-4 * np.abs(portable).max())


def test_a_gradient_of_one_s_own_is_the_one_that_is_used(gradients_of):
    x, y = keras.Variable([1.0, 2.0]), keras.Variable([3.0, 4.0])

    def both(x, y):
        return [x * y, x + y]

    def backward(given, results, above):
        return [10 * above[0] + given[1] + results[0], 100 * above[1]]

    def loss():
        product, total = with_gradient(both, backward, ops.add(x, 0), ops.add(y, 0))
        return ops.sum(2 * product + 3 * total)

    found = gradients_of(loss, [x, y])
    np.testing.assert_allclose(found[0], [20 + 3 + 3, 20 + 4 + 8])
    np.testing.assert_allclose(found[1], [300, 300])


def test_all_is_in_the_type_of_what_is_added():
    a, b = np.full((2, 3, 4), 0.5, "float32"), np.ones((2, 3, 4), "float32")
    h = linear_recurrence(a, b, np.ones((2, 4), "float64"))
    assert keras.backend.standardize_dtype(h.dtype) == "float32"
    np.testing.assert_allclose(ops.convert_to_numpy(h)[0, :, 0], [1.5, 1.75, 1.875])
