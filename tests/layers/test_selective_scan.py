"""The selective scan holds the states of one chunk at a time; tests/mixers has its numbers."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.layers import selective_scan as module
from seqvision.layers.linear import linear_recurrence
from seqvision.layers.own_gradient import vjp, with_gradient
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


@pytest.mark.parametrize("shape", [(2, 1, 1, 1), (3, 70, 20, 16), (2, 33, 5, 3)])
def test_the_operation_in_cpp_gives_the_same_and_so_do_its_gradients(
    shape, gradients_of, monkeypatch
):
    batch, steps, features, size = shape
    random = np.random.default_rng(0)
    rows = [random.normal(size=(batch, steps, n)) for n in (features, features, size, size)]
    a, first = -random.uniform(0, 2, (features, size)), random.normal(size=(batch, features * size))
    values = rows[0], np.abs(rows[1]), a, *rows[2:], first
    given = [keras.Variable(value, dtype="float32") for value in values]
    calls = []
    native = module._native
    monkeypatch.setattr(module, "_native", lambda *both: calls.append(1) or native(*both))

    def outcome(training):
        def results():
            return selective_scan(*map(ops.convert_to_tensor, given), training=training)

        gradients = gradients_of(lambda: sum(ops.sum(ops.sin(part)) for part in results()), given)
        return [*map(ops.convert_to_numpy, results()), *gradients]

    found = outcome(True)
    assert calls
    calls.clear()
    monkeypatch.setenv("SEQVISION_NATIVE", "0")
    expected = outcome(True)
    assert not calls
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5 * max(1, np.abs(other).max()))


def second_gradients(given, **how):
    """The gradients of the gradients that y² and h² lead to, from what was given."""
    if keras.backend.backend() == "torch":
        import torch

        inputs = [part.detach().requires_grad_() for part in given]
        results = selective_scan(*inputs, **how)
        above = [part * part for part in results]
        found = torch.autograd.grad(results, inputs, above, create_graph=True)
        found = torch.autograd.grad(found, inputs, given)
    else:

        def gradients(*given):
            above = [part * part for part in selective_scan(*given, **how)]
            return vjp(lambda *given: selective_scan(*given, **how), given, above)

        found = vjp(gradients, given, given)
    return [ops.convert_to_numpy(each) for each in found]


def test_the_gradient_of_its_gradient_in_cpp(monkeypatch):
    random = np.random.default_rng(0)
    rows = [random.normal(size=(2, 40, n)) for n in (FEATURES, FEATURES, SIZE, SIZE)]
    a, first = -random.uniform(0, 2, (FEATURES, SIZE)), random.normal(size=(2, FEATURES * SIZE))
    values = rows[0], np.abs(rows[1]), a, *rows[2:], first
    given = [ops.convert_to_tensor(value, "float32") for value in values]
    found = second_gradients(given, training=True)
    monkeypatch.setenv("SEQVISION_NATIVE", "0")
    for one, other in zip(found, second_gradients(given, training=True), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other).max())


@pytest.mark.parametrize("chunk", [7, 20])
def test_the_gradient_of_the_gradient_goes_through_what_is_kept(given, chunk):
    tensors = [ops.convert_to_tensor(ops.convert_to_numpy(each)) for each in given]
    pairs = zip(*(second_gradients(tensors, chunk=n) for n in (None, chunk)), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())
