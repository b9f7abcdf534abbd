"""MiniRocket against its definition, kernel by kernel; and dilations, against aeon's.

Numbers are whole, so that what is computed in another order is exactly the same.
"""

from itertools import combinations

import numpy as np
import pytest
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.layers import MiniRocket
from seqvision.layers.mini_rocket import dilations

SERIES = np.random.default_rng(0).integers(-9, 10, (5, 40, 3)).astype("float32")
KERNELS = [[2 if j in twos else -1 for j in range(9)] for twos in combinations(range(9), 3)]


def convolved(x, kernel, dilation):
    """y at each step of `(steps,)`."""
    y = np.zeros(len(x))
    for t in range(len(x)):
        for j, weight in enumerate(kernel):
            if 0 <= (at := t + (j - 4) * dilation) < len(x):
                y[t] += weight * x[at]
    return y


def each(layer, x):
    """y of each dilation and kernel of one series, and the steps that it has all taps at."""
    chosen = layer._channels(x.shape[-1])
    for n, (dilation, count) in enumerate(layer._dilations):
        for k, kernel in enumerate(KERNELS):
            y = convolved(x @ chosen[n, :, k], kernel, dilation)
            ends = 4 * dilation if (n + k) % 2 else 0
            yield y, y[ends : len(y) - ends], count


@pytest.fixture(scope="module")
def layer():
    made = MiniRocket(84 * 5, max_dilations=3)
    made.adapt(SERIES[:1])
    return made


def test_shares_are_of_the_steps_at_which_a_kernel_is_above_its_bias(layer):
    found = ops.convert_to_numpy(layer(SERIES))
    biases = ops.convert_to_numpy(layer.biases)
    for x, shares in zip(SERIES[1:3], found[1:3], strict=True):
        expected, first = [], 0
        for _, looked_at, count in each(layer, x):
            for bias in biases[first : first + count]:
                expected.append(np.mean(looked_at > bias))
            first += count
        np.testing.assert_allclose(shares, expected, atol=1e-6)
    assert 0.4 < found.mean() < 0.6


def test_biases_are_quantiles_by_the_golden_ratio(layer):
    place, expected = 0, []
    for y, _, count in each(layer, SERIES[0]):
        asked = np.arange(place + 1, place + count + 1) * (1 + 5**0.5) / 2 % 1
        expected.extend(np.quantile(y, asked))
        place += count
    np.testing.assert_allclose(ops.convert_to_numpy(layer.biases), expected, atol=1e-4)


def test_series_after_whose_ends_there_is_nothing_are_adapted_to_alone():
    ended, alone = (MiniRocket(84, steps=40) for _ in range(2))
    ended.adapt(np.pad(SERIES[:1], [(0, 0), (0, 9), (0, 0)], constant_values=np.nan))
    alone.adapt(SERIES[:1])
    for mine, other in zip(ended.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((29, 119, 32), [(1, 67), (2, 38), (3, 14)]),
        ((78, 20, 32), [(1, 6), (2, 4), (3, 2), (4, 2), (5, 2), *((n, 1) for n in (6, 7, 8, 9))]),
        ((150, 119, 8), [(1, 30), (2, 15), (3, 15), (5, 15), (8, 15), (12, 15), (18, 14)]),
        ((9, 1, 32), [(1, 1)]),
    ],
)
def test_dilations_and_features_of_each_are_aeons(asked, expected):
    assert dilations(*asked) == expected


def test_of_short_series_kernels_are_not_dilated():
    assert dilations(5, 4, 32) == [(1, 4)]


def test_the_number_of_steps_has_to_be_known():
    with pytest.raises(SeqvisionError, match="say in `steps`"):
        MiniRocket(84).build((None, None, 3))
