"""The core against the recurrences written out, for each kind of processor that this one is."""

import ctypes
import multiprocessing
import os
import threading

import numpy as np
import pytest
import tensorflow as tf
from calls import GATES, available, backward, everything, forward, in_a_child, problem
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import layer

from seqvision.native import core

if reason := core.hindrance():
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture(autouse=True)
def _best_again():
    best = core.processor()
    yield
    core.choose_processor(best)


def expected(cell, given, d_every, d_last, backwards):
    """Outputs, last states and gradients in float64, by TensorFlow's differentiation."""
    x, first, weights, mask, dropout = given

    def exact(array):
        return None if array is None else tf.constant(array, tf.float64)

    inputs = [exact(a) for a in (x, *first, *weights)]
    there = [i for i in inputs if i is not None]
    with tf.GradientTape() as tape:
        tape.watch(there)
        states, kernels = inputs[1 : 1 + len(first)], inputs[1 + len(first) :]
        every, last = layer(cell, inputs[0], states, kernels, mask, exact(dropout), backwards)
        loss = tf.reduce_sum(every * d_every)
        loss += sum(tf.reduce_sum(one * d) for one, d in zip(last, d_last, strict=True))
    gradients = iter(tape.gradient(loss, there))
    return every, last, [None if i is None else next(gradients) for i in inputs]


def assert_near(mine, exact, tolerance):
    exact = np.asarray(exact)
    np.testing.assert_allclose(mine, exact, rtol=0, atol=tolerance * max(1.0, abs(exact).max()))


@settings(max_examples=60, deadline=None)
@given(
    processor=st.sampled_from(available()),
    cell=st.sampled_from(sorted(GATES)),
    batch=st.integers(1, 40),
    steps=st.integers(1, 6),
    features=st.integers(1, 70),
    units=st.integers(1, 70),
    biases=st.booleans(),
    masked=st.booleans(),
    drops=st.booleans(),
    backwards=st.booleans(),
    threads=st.integers(1, 8),
    seed=st.integers(0, 999),
)
def test_is_the_recurrence(
    processor,
    cell,
    batch,
    steps,
    features,
    units,
    biases,
    masked,
    drops,
    backwards,
    threads,
    seed,
):
    core.choose_processor(processor)
    given = problem(cell, batch, steps, features, units, seed, biases, masked, drops)
    x, first, weights, mask, dropout = given
    generator = np.random.default_rng(seed)
    d_every = generator.normal(size=(batch, steps, units)).astype("float32")
    d_last = [generator.normal(size=(batch, units)).astype("float32") for _ in first]
    made = forward(cell, x, first, weights, mask, dropout, backwards, threads)
    every, last, gradients = expected(cell, given, d_every, d_last, backwards)
    assert_near(made[1], every, 3e-6)
    for mine, exact in zip(made[2], last, strict=True):
        assert_near(mine, exact, 3e-6)
    found = backward(made, x, first, weights, d_every, d_last)
    for mine, exact in zip(found, gradients, strict=True):
        if exact is not None:
            assert_near(mine, exact, 2e-5)


@pytest.mark.parametrize("processor", available())
@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("units", [1, 15, 16, 17, 33, 47, 48, 49, 64, 65])
def test_sizes_around_the_edges_of_tiles(processor, cell, units):
    core.choose_processor(processor)
    for batch in (1, 7, 9):
        given = problem(cell, batch, 3, units + 1, units, 0)
        ones = np.ones((batch, 3, units), "float32"), [np.ones_like(f) for f in given[1]]
        made = forward(cell, *given[:3])
        every, _, gradients = expected(cell, given, *ones, False)
        assert_near(made[1], every, 3e-6)
        for mine, exact in zip(backward(made, *given[:3], *ones), gradients, strict=True):
            if exact is not None:
                assert_near(mine, exact, 2e-5)


@settings(max_examples=40, deadline=None)
@given(
    cell=st.sampled_from(["tanh_rnn", "gru", "lstm"]),
    batch=st.integers(1, 40),
    steps=st.integers(1, 6),
    features=st.integers(1, 70),
    units=st.integers(1, 70),
    masked=st.booleans(),
    drops=st.booleans(),
    backwards=st.booleans(),
    threads=st.integers(1, 8),
    seed=st.integers(0, 999),
)
def test_products_in_bfloat16(
    cell, batch, steps, features, units, masked, drops, backwards, threads, seed
):
    """Eight bits of a product's operands lose some thousandths, a wrong pair of them everything."""
    if not core.multiplies_in_bfloat16(cell):
        pytest.skip(f"{core.processor()} has no products in bfloat16")
    given = problem(cell, batch, steps, features, units, seed, True, masked, drops)
    x, first, weights, mask, dropout = given
    # States that grow from step to step would have their errors grow with them.
    weights[1] *= np.float32(0.5 / max(0.5, np.linalg.norm(weights[1], 2)))
    generator = np.random.default_rng(seed)
    d_every = generator.normal(size=(batch, steps, units)).astype("float32")
    d_last = [generator.normal(size=(batch, units)).astype("float32") for _ in first]
    made = forward(cell, x, first, weights, mask, dropout, backwards, threads, in_bfloat16=True)
    every, last, gradients = expected(cell, given, d_every, d_last, backwards)
    found = backward(made, x, first, weights, d_every, d_last)
    # Terms of a sum may cancel, their errors don't: what is left is measured by their number.
    cancelled = 0.02 * np.sqrt(batch * steps)
    pairs = zip((made[1], *made[2], *found), (every, *last, *gradients), strict=True)
    for mine, exact in pairs:
        if exact is not None:
            away = np.linalg.norm(mine - np.asarray(exact))
            assert away < 0.03 * np.linalg.norm(exact) + cancelled


@pytest.mark.parametrize("cell", GATES)
def test_float32_takes_the_place_of_bfloat16_where_it_is_not_there(cell):
    core.choose_processor("portable")
    given = problem(cell, 5, 3, 7, 9, 0)
    assert everything(cell, given, 1, in_bfloat16=True) == everything(cell, given, 1)


@pytest.mark.parametrize("processor", available())
@pytest.mark.parametrize("cell", GATES)
def test_threads_change_no_bit(processor, cell):
    core.choose_processor(processor)
    given = problem(cell, 37, 5, 19, 43, 0, masked=True, drops=True)
    for in_bfloat16 in (False, True):
        alone = everything(cell, given, 1, in_bfloat16)
        threads = (2, 3, 5, 8)
        assert all(everything(cell, given, count, in_bfloat16) == alone for count in threads)


def test_calls_from_several_threads_at_once():
    given = problem("gru", 24, 4, 9, 20, 0)
    alone, wrong = everything("gru", given, 1), []

    def work():
        for _ in range(300):
            if everything("gru", given, 3) != alone:
                wrong.append(threading.get_ident())

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.parametrize("there", [1, 2, 3])
def test_the_threads_of_others_do_the_work(there):
    given = problem("lstm", 24, 4, 9, 20, 0)
    alone, asked = everything("lstm", given, 1), []

    @ctypes.CFUNCTYPE(
        None, ctypes.CFUNCTYPE(None, ctypes.c_void_p), ctypes.c_void_p, *[ctypes.c_uint] * 2
    )
    def team(work, data, threads, flags):
        asked.append(threads)
        workers = [threading.Thread(target=work, args=(data,)) for _ in range(there)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    core.load().sv_set_team(team)
    try:
        assert everything("lstm", given, 3) == alone
        assert set(asked) == {3}
        if hasattr(os, "fork"):  # Its threads are not in a child, which has to use its own.
            seen = len(asked)
            with multiprocessing.get_context("fork").Pool(1) as pool:
                assert pool.apply(_in_turn, (asked,)) == (alone, seen)
    finally:
        core.load().sv_set_team(None)
    seen = len(asked)
    assert everything("lstm", given, 3) == alone and len(asked) == seen


def _in_turn(asked):
    found = everything("lstm", problem("lstm", 24, 4, 9, 20, 0), 3)
    return found, len(asked)


@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_children_of_a_process_that_used_it(way):
    if way == "fork" and not hasattr(os, "fork"):
        pytest.skip("this system does not fork")
    alone = everything("lstm", problem("lstm", 24, 4, 9, 20, 0), 2)
    context = multiprocessing.get_context(way)
    queue = context.Queue()
    child = context.Process(target=in_a_child, args=(queue,))
    child.start()
    assert queue.get(timeout=120) == alone
    child.join(60)
    assert child.exitcode == 0


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_goes_where_it_goes_in_numpy(cell, value):
    x, first, weights, _, _ = problem(cell, 3, 4, 5, 20, 0)
    x[1, 2, 3] = value
    every = forward(cell, x, first, weights)[1]
    with np.errstate(all="ignore"):
        exact, _, _ = expected(cell, (x, first, weights, None, None), every, first, False)
    fine = np.isfinite(exact)
    if not cell.startswith("min_"):
        np.testing.assert_array_equal(np.isnan(every), np.isnan(exact))
    elif np.isnan(value):  # Of infinity, 0 times infinity and 0 / 0 may be a gate's limit.
        np.testing.assert_array_equal(np.isfinite(every), fine)
    np.testing.assert_allclose(every[fine], np.asarray(exact)[fine], atol=1e-5)


def test_gates_at_their_ends():
    weights = [np.ones((1, 4), "float32"), np.zeros((1, 4), "float32"), None, None]
    for value in (-1e30, -200.0, -87.5, -1e-20, 0.0, 1e-40, 1e-6, 3.0, 87.5, 200.0, 1e30):
        x = np.full((1, 1, 1), value, "float32")
        first = [np.zeros((1, 1), "float32"), np.full((1, 1), 0.5, "float32")]
        _, _, (h, c), _ = forward("lstm", x, first, weights)
        with np.errstate(over="ignore"):
            gate = 1 / (1 + np.exp(-np.float64(value)))
        exact = gate * 0.5 + gate * np.tanh(value)
        np.testing.assert_allclose(c, exact, rtol=1e-6, atol=1e-37)
        np.testing.assert_allclose(h, gate * np.tanh(exact), rtol=1e-6, atol=1e-37)


@pytest.mark.parametrize("cell", GATES)
@pytest.mark.parametrize(("batch", "steps"), [(0, 3), (3, 0)])
def test_nothing_to_read(cell, batch, steps):
    x, first, weights, _, _ = problem(cell, batch, steps, 2, 3, 0)
    _, every, last, _ = forward(cell, x, first, weights)
    assert every.shape == (batch, steps, 3)
    for state, before in zip(last, first, strict=True):
        np.testing.assert_array_equal(state, before)


def test_memory_that_is_not_aligned():
    x, first, weights, _, _ = problem("gru", 9, 3, 5, 19, 0)
    aligned = forward("gru", x, first, weights)[1]

    def moved(array):
        room = np.empty(array.size + 1, "float32")[1:].reshape(array.shape)
        room[...] = array
        return room

    there = [None if w is None else moved(w) for w in weights]
    np.testing.assert_array_equal(
        forward("gru", moved(x), list(map(moved, first)), there)[1], aligned
    )


def test_memory_stays_level():
    resource = pytest.importorskip("resource")
    given = problem("gru", 16, 8, 12, 32, 0)
    for _ in range(200):
        everything("gru", given, 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5000):
        everything("gru", given, 2)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4096  # KiB


def test_how_many_threads_there_are_is_looked_up_once(monkeypatch):
    """Layers say it at every call on PyTorch, where to read a container's files took longer."""
    core.threads()
    monkeypatch.setattr(core, "available_cores", lambda: pytest.fail("looked up again"))
    assert core.threads() >= 1
