"""The core's convolution against NumPy's, for each kind of processor that this one is."""

import ctypes

import numpy as np
import pytest
from calls import available, pointer
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqvision.native import core

if reason := core.hindrance():
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture(autouse=True)
def _best_again():
    best = core.processor()
    yield
    core.choose_processor(best)


def convolution(x, kernel, d_y, threads=1):
    """y and the gradients, by the core."""
    of = core.Convolution(threads, *x.shape, pointer(x), pointer(kernel))
    chunks = -(-len(x) // core.CONVOLUTION_CHUNK)
    y, d_x, d_kernel = (
        np.full(s, np.nan, "float32") for s in (x.shape, x.shape, (chunks, *kernel.shape))
    )
    core.load().sv_convolve(ctypes.byref(of), pointer(y))
    core.load().sv_convolve_back(ctypes.byref(of), pointer(d_y), pointer(d_x), pointer(d_kernel))
    return y, d_x, d_kernel.sum(0)


def by_sums(x, kernel, d_y):
    """The same in float64. Gradients are convolutions of what is read from its end."""
    steps = x.shape[1]

    def convolved(rows, by):
        return np.convolve(rows, by)[:steps]

    each = np.ndindex(len(x), x.shape[2])
    y, d_x, d_kernel = np.zeros(x.shape), np.zeros(x.shape), np.zeros(kernel.shape)
    for b, f in each:
        row, k, d = (v.astype(float) for v in (x[b, :, f], kernel[:, f], d_y[b, :, f]))
        y[b, :, f] = convolved(row, k)
        d_x[b, :, f] = convolved(d[::-1], k)[::-1]
        d_kernel[:, f] += convolved(d[::-1], row)[::-1]
    return y, d_x, d_kernel


def problem(batch, steps, features, seed=0):
    random = np.random.default_rng(seed)
    shapes = (batch, steps, features), (steps, features), (batch, steps, features)
    return [random.normal(size=shape).astype("float32") for shape in shapes]


@settings(max_examples=60, deadline=None)
@given(
    processor=st.sampled_from(available()),
    batch=st.integers(0, 5),
    steps=st.integers(1, 260),
    features=st.integers(1, 40),
    threads=st.integers(1, 8),
    seed=st.integers(0, 999),
)
@example(processor="portable", batch=2, steps=2 * 3 * 5 * 7 * 4, features=3, threads=2, seed=0)
@example(processor="portable", batch=70, steps=3, features=17, threads=3, seed=0)
@example(processor="portable", batch=1, steps=4099, features=1, threads=1, seed=0)
def test_is_the_sum_of_products_and_so_are_its_gradients(
    processor, batch, steps, features, threads, seed
):
    core.choose_processor(processor)
    of = problem(batch, steps, features, seed)
    for mine, exact in zip(convolution(*of, threads=threads), by_sums(*of), strict=True):
        np.testing.assert_allclose(mine, exact, atol=1e-6 * max(1.0, abs(exact).max(initial=0)))


@pytest.mark.parametrize("processor", available())
def test_threads_change_no_bit(processor):
    core.choose_processor(processor)
    of = problem(70, 30, 37)
    for one, other in zip(convolution(*of), convolution(*of, threads=5), strict=True):
        np.testing.assert_array_equal(one, other)


def test_samples_and_features_do_not_reach_each_other():
    x, kernel, d_y = problem(4, 20, 18)
    y, d_x, _ = convolution(x, kernel, d_y)
    x[1, :, 3], d_y[1, :, 3] = np.nan, np.nan
    for before, after in zip((y, d_x), convolution(x, kernel, d_y), strict=False):
        assert np.isnan(after[1, :, 3]).all()
        before[1, :, 3] = np.nan
        np.testing.assert_array_equal(before, after)
