"""The selective scan holds the states of one chunk at a time; tests/mixers has its numbers."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers import selective_scan as module
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.own_gradient import with_gradient
from seqvision.layers.selective_scan import selective_scan

FEATURES, SIZE = 3, 5


@pytest.fixture
def given():
    """x, Δ, a, b, c and the first state, in float64."""
    random = np.random.default_rng(0)
    steps = [random.normal(size=(2, 41, n)) for n in (FEATURES, FEATURES, SIZE, SIZE)]
    a, first = -random.uniform(0, 2, (FEATURES, SIZE)), random.normal(size=(2, FEATURES * SIZE))
    values = steps[0], np.abs(steps[1]), a, *steps[2:], first
    return [keras.Variable(value, dtype="float64") for value in values]


def outcome(given, gradients_of, chunk):
    def results():
        return selective_scan(*map(ops.convert_to_tensor, given), chunk=chunk)

    gradients = gradients_of(lambda: sum(ops.sum(ops.sin(part)) for part in results()), given)
    return [*map(ops.convert_to_numpy, results()), *gradients]


@pytest.mark.parametrize("chunk", [1, 7, 20])
def test_the_length_of_chunks_changes_nothing(given, gradients_of, chunk):
    whole, cut = (outcome(given, gradients_of, length) for length in (41, chunk))
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


def test_states_of_one_chunk_are_computed_at_a_time_and_only_its_last_is_kept(
    given, gradients_of, monkeypatch
):
    computed, kept = [], []

    def recurrence(a, b, *rest, **how):
        computed.append(b.shape[1])
        return linear_recurrence(a, b, *rest, **how)

    def keeping(forward, backward, *given):
        results = with_gradient(forward, backward, *given)
        kept.extend(np.prod(part.shape) for part in results)
        return results

    monkeypatch.setattr(module, "linear_recurrence", recurrence)
    monkeypatch.setattr(module, "with_gradient", keeping)
    outcome(given, gradients_of, chunk=7)
    assert set(computed) == {7}
    state = 2 * FEATURES * SIZE
    assert set(kept) == {2 * 41 * FEATURES, state, 6 * state}  # y, the last, one for each chunk.
