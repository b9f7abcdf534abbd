"""What every mixer must do: a new one is covered here without a line of its own."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from seqvision.cells import CELLS
from seqvision.errors import SeqvisionError
from seqvision.layers.from_spec import recurrent_layer
from seqvision.mixers import (
    HGRN,
    LRU,
    MIXERS,
    MLSTM,
    RGLRU,
    S4D,
    S5,
    Attention,
    Mamba,
    Retention,
)
from seqvision.mixers.block import Block
from seqvision.mixers.both_ways import BothWays
from seqvision.mixers.hippo import legs

FEATURES = 4
NAMES = MIXERS.names()
MASKED = [
    *((name, {}) for name in NAMES),
    *(("attention", {"causal": causal, "positions": "none"}) for causal in (False, True)),
]
"""With the options on which what it makes of masks and of later steps depends."""


def made(name, features=FEATURES, **options):
    """A mixer with weights that are far from what they begin with."""
    keras.utils.set_random_seed(1)
    mixer = MIXERS.get(name)(**options)
    mixer.build((None, None, features))
    random = np.random.default_rng(1)
    for weight in mixer.weights:
        weight.assign(ops.convert_to_numpy(weight) + random.normal(0, 0.1, weight.shape))
    return mixer


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def numpy(values):
    return [ops.convert_to_numpy(value) for value in values]


def tensors(values):
    return [ops.convert_to_tensor(value) for value in values]


def compiled(function):
    """The function, on TensorFlow as one graph: one by one its operations take much longer."""
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.function(function, autograph=False)


SMALLER = {"lmu": {"order": 8, "theta": 20.0}}
STEPWISE = {
    name: made(name, **SMALLER.get(name, {})) for name in NAMES if MIXERS.get(name)().is_stepwise
}
MORE = {
    "in a block": Block(made("lru"), norm="batch", norm_first=False),
    "in a block that normalises first": Block(made("min_lstm", expand=2)),
}
STEPWISE |= MORE
STEPS = {name: compiled(mixer.step) for name, mixer in STEPWISE.items()}


@pytest.mark.parametrize("name", STEPWISE)
@settings(max_examples=8, deadline=None)
@given(steps=st.integers(1, 70), begun=st.booleans(), seed=st.integers(0, 9))
def test_step_by_step_is_what_all_at_once_is(name, steps, begun, seed):
    mixer, x = STEPWISE[name], drawn(2, steps, FEATURES, seed=seed)
    mixer(ops.convert_to_tensor(x))  # Builds it.
    states = mixer.initial_state(2)
    if begun:
        states = tensors(drawn(*state.shape, seed=seed + 1) for state in states)
    outputs, last = mixer.run(ops.convert_to_tensor(x), states)
    said = []
    for t in range(steps):
        y, states = STEPS[name](ops.convert_to_tensor(x[:, t]), states)
        said.append(ops.convert_to_numpy(y))
    said = np.stack(said, axis=1)
    scale = max(1, np.abs(said).max())
    np.testing.assert_allclose(ops.convert_to_numpy(outputs) / scale, said / scale, atol=1e-5)
    if not begun:
        whole = ops.convert_to_numpy(mixer(ops.convert_to_tensor(x)))
        np.testing.assert_allclose(whole / scale, said / scale, atol=1e-5)
    for one, other in zip(numpy(last), numpy(states), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * max(1, np.abs(one).max()))


@pytest.mark.parametrize(("name", "options"), MASKED)
def test_it_looks_ahead_only_if_it_says_so(name, options):
    mixer, x = made(name, **options), drawn(2, 9, FEATURES)
    changed = x.copy()
    changed[:, 6:] += 1
    before, after = numpy(map(mixer, tensors([x, changed])))
    assert np.abs(after - before)[:, 6:].max() > 1e-3
    assert (np.abs(after - before)[:, :6].max() < 1e-5) == mixer.causal
    assert (mixer.looks_ahead is None) == mixer.causal


@pytest.mark.parametrize("wrapped", [lambda m: m, BothWays, Block], ids=["bare", "both", "block"])
@pytest.mark.parametrize(("name", "options"), MASKED)
def test_masked_steps_at_the_ends_change_nothing_and_come_out_as_zeros(name, options, wrapped):
    mixer = wrapped(made(name, **options))
    x = drawn(2, 5, FEATURES)
    alone = ops.convert_to_numpy(mixer(ops.convert_to_tensor(x)))
    longer = np.full((2, 16, FEATURES), np.nan, "float32")
    mask = np.zeros((2, 16), bool)
    for row, start in enumerate((0, 3)):
        longer[row, start : start + 5], mask[row, start : start + 5] = x[row], True
    found, mask_too = tensors([longer, mask])
    found = ops.convert_to_numpy(mixer(found, mask=mask_too))
    np.testing.assert_allclose(found[mask].reshape(alone.shape), alone, atol=1e-5)
    np.testing.assert_array_equal(found[~mask], 0)


def with_gaps():
    """A sequence of which some steps are masked, the others alone, the mask, and which they are."""
    x, seen, mask = drawn(2, 7, FEATURES), [0, 2, 3, 6], np.zeros((2, 7), bool)
    mask[:, seen] = True
    return *tensors([x, x[:, seen], mask]), seen


@pytest.mark.parametrize(
    ("name", "options"), [(n, options) for n, options in MASKED if MIXERS.get(n).skips_masked]
)
def test_a_masked_step_between_others_is_as_if_it_were_not_there(name, options):
    mixer, (x, some, mask, seen) = made(name, **options), with_gaps()
    found, expected = numpy([mixer(x, mask=mask), mixer(some)])
    np.testing.assert_allclose(found[:, seen], expected, atol=1e-5)


@pytest.mark.parametrize("name", [n for n in STEPWISE if n not in ("lmu", "multires", "tcn")])
def test_a_masked_step_between_others_leaves_the_state_as_it_is(name):
    """But of convolutions, which say so."""
    mixer, (x, some, mask, seen) = STEPWISE[name], with_gaps()
    mixer(x)
    found, states = mixer.run(x, mixer.initial_state(2), mask)
    expected, last = mixer.run(some, mixer.initial_state(2))
    np.testing.assert_allclose(numpy([found])[0][:, seen], numpy([expected])[0], atol=1e-5)
    for one, other in zip(numpy(states), numpy(last), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_made_anew_from_its_config(name):
    mixer = made(name)
    again = type(mixer).from_config(mixer.get_config())
    assert again.get_config() == mixer.get_config()
    again.build((None, None, FEATURES))
    again.set_weights(mixer.get_weights())
    x = ops.convert_to_tensor(drawn(2, 6, FEATURES))
    np.testing.assert_array_equal(*numpy([mixer(x), again(x)]))


@pytest.mark.parametrize("name", NAMES)
def test_in_half_precision_the_state_is_in_full(name):
    keras.utils.set_random_seed(0)
    half = MIXERS.get(name)(dtype="mixed_bfloat16")
    half.build((None, None, FEATURES))
    full = MIXERS.get(name)()
    full.build((None, None, FEATURES))
    full.set_weights(half.get_weights())
    x = ops.convert_to_tensor(drawn(2, 200, FEATURES))
    found = half(x)
    assert keras.backend.standardize_dtype(found.dtype) == "bfloat16"
    expected = ops.convert_to_numpy(full(x))
    found = ops.convert_to_numpy(ops.cast(found, "float32"))
    np.testing.assert_allclose(found, expected, atol=0.04 * np.abs(expected).max())
    if half.is_stepwise:
        y, states = half.step(ops.cast(x[:, 0], "bfloat16"), half.initial_state(2))
        assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
        assert {keras.backend.standardize_dtype(s.dtype) for s in states} == {"float32"}


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_draws_the_same_weights_and_another_mixer_others(name):
    def weights():
        mixers = [MIXERS.get(name)(), MIXERS.get(name)()]
        for mixer in mixers:
            mixer.build((None, None, 8))
        return [mixer.get_weights() for mixer in mixers]

    keras.utils.set_random_seed(5)
    first, second = weights()
    keras.utils.set_random_seed(5)
    for one, other in zip(first, weights()[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(np.any(one != other) for one, other in zip(first, second, strict=True))


def test_both_ways_with_the_same_weights_is_the_same_from_either_end():
    both = BothWays(made("lru"))
    x = drawn(2, 9, FEATURES)
    both(ops.convert_to_tensor(x))
    both.back.set_weights(both.mixer.get_weights())
    found, turned = numpy(map(both, tensors([x, x[:, ::-1].copy()])))
    np.testing.assert_allclose(found[:, ::-1], turned, atol=1e-5)
    assert not both.causal and not both.is_stepwise


def test_the_ring_and_the_steps_are_as_asked_for():
    lru = LRU(state_size=500, r_min=0.7, r_max=0.9, max_phase=0.5)
    lru.build((None, None, 3))
    (real, imag), (gain, _) = lru.poles()
    poles = ops.convert_to_numpy(real) + 1j * ops.convert_to_numpy(imag)
    radius, angle = np.abs(poles), np.angle(poles)
    assert 0.7 < radius.min() < 0.71 and 0.89 < radius.max() < 0.9
    assert np.mean(radius**2) == pytest.approx((0.7**2 + 0.9**2) / 2, abs=0.01)
    assert 0 < angle.min() < 0.02 and 0.48 < angle.max() < 0.5
    np.testing.assert_allclose(numpy([gain])[0] ** 2 + radius**2, 1, atol=1e-5)
    rg_lru = RGLRU(a_min=0.5, a_max=0.6)
    rg_lru.build((None, None, 500))
    opened = (1 + np.exp(numpy([rg_lru.decay])[0])) ** -8.0  # softplus(Λ) is log(1 + exp(Λ)).
    assert 0.5 < opened.min() < 0.502 and 0.598 < opened.max() < 0.6
    assert np.mean(opened) == pytest.approx(0.55, abs=0.005)
    hgrn = HGRN()
    hgrn.build((None, None, 4))
    np.testing.assert_allclose(numpy([hgrn.theta])[0], [1, 1e-2, 1e-4, 1e-6], rtol=1e-5)
    mamba = Mamba(min_step=0.01, max_step=0.02, step_floor=0.015)
    mamba.build((None, None, 300))
    step = np.log1p(np.exp(numpy([mamba.step_bias])[0]))
    assert 0.3 < np.mean(np.isclose(step, 0.015, rtol=1e-4)) < 0.8  # log 1.5 / log 2 is 0.58.
    assert step.min() > 0.01499 and 0.0198 < step.max() < 0.02
    np.testing.assert_allclose(np.exp(numpy([mamba.decay])[0])[7], np.arange(1, 17), rtol=1e-6)
    s4d = S4D(min_step=0.01, max_step=0.02)
    s4d.build((None, None, 300))
    steps = np.exp(numpy([s4d.log_step])[0])
    assert 0.01 < steps.min() < 0.0102 and 0.0198 < steps.max() < 0.02
    np.testing.assert_allclose(numpy([s4d.frequency])[0][7], np.pi * np.arange(32), rtol=1e-6)
    np.testing.assert_allclose(numpy([s4d.decay])[0], np.log(0.5), rtol=1e-6)


@pytest.mark.parametrize("gate", ["sigmoid", "exp"])
def test_heads_of_mlstm_begin_with_rates_of_forgetting_of_their_own(gate):
    mlstm = MLSTM(3, forget_gate=gate, forget_min=0.5, forget_max=0.9)
    mlstm.build((None, None, 4))
    bias = numpy([mlstm.bias])[0][3:]
    forget = np.exp(bias) if gate == "exp" else 1 / (1 + np.exp(-bias))
    np.testing.assert_allclose(forget / (1 - forget), [1, 3, 9], rtol=1e-5)


@pytest.mark.parametrize("into", [-150.0, 150.0])
def test_no_gate_of_mlstm_is_too_large(into):
    """What float32 cannot hold as a power of e is the same number as in float64, or 0."""
    options = {"use_norm": False, "conv_width": None}
    small, large = (made("mlstm", dtype=d, **options) for d in ("float32", "float64"))
    large.set_weights(small.get_weights())
    for mixer in (small, large):
        for kernel in (mixer.query_kernel, mixer.key_kernel):  # So that q · n is far from 0.
            kernel.assign(ops.abs(kernel))
        mixer.bias.assign_add(np.repeat([into, 0], 4))
    x = np.abs(drawn(2, 40, FEATURES))
    x[0, 3] = 0  # But here it is 0.
    (found, states), (right, _) = (
        mixer.run(ops.cast(x, mixer.dtype), mixer.initial_state(2)) for mixer in (small, large)
    )
    np.testing.assert_allclose(*numpy([found, right]), rtol=1e-3, atol=1e-4)
    assert all(np.isfinite(state).all() for state in numpy(states))


def test_legs_are_eigenvalues_of_the_matrix_as_it_is_defined():
    """HiPPO-LegS plus p pᵀ, entry by entry, against NumPy's solver for any matrix."""
    matrix = np.zeros((6, 6))
    for n in range(6):
        for k in range(6):
            hippo = -np.sqrt((2 * n + 1) * (2 * k + 1)) if n > k else -(n + 1) * (n == k)
            matrix[n, k] = hippo + np.sqrt((n + 0.5) * (k + 0.5))
    expected = np.linalg.eigvals(matrix)
    expected = expected[np.argsort(expected.imag)][3:]
    s5 = S5(state_size=12, blocks=2)
    s5.build((None, None, 5))
    found = -np.exp(numpy([s5.decay])[0]) + 1j * numpy([s5.frequency])[0]
    np.testing.assert_allclose(found, np.tile(expected, 2), rtol=1e-5)


def test_s5_begins_with_real_kernels_seen_in_the_basis_of_eigenvectors():
    """Of a real B₀, b = B₀ V* is one half of conjugate pairs: 2 Re(b Vᵀ) is B₀ again."""
    s5 = S5(state_size=8)
    s5.build((None, None, 400))
    b = numpy([s5.b_real])[0] + 1j * numpy([s5.b_imag])[0]
    vectors = legs(8)[1]
    real = 2 * (b @ vectors.T).real
    np.testing.assert_allclose(real @ vectors.conj(), b, atol=1e-6)
    assert np.std(real) == pytest.approx(400**-0.5, rel=0.1)
    c = numpy([s5.c_real])[0] + 1j * numpy([s5.c_imag])[0]
    whole = vectors.conj() @ c  # What was drawn, but for what the other half of the pairs has.
    np.testing.assert_allclose(vectors.T @ whole, c, atol=1e-6)
    assert np.mean(np.abs(c) ** 2) == pytest.approx(2 / 8, rel=0.1)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: LRU(r_min=0.9, r_max=0.5), "lru: expected r_min < r_max < 1, got 0.9 and 0.5"),
        (lambda: RGLRU(a_max=1.0), "rg_lru: expected 0 < a_min < a_max < 1, got 0.9 and 1.0"),
        (lambda: HGRN(lower_bound=1.0), "hgrn: lower_bound: expected 0 to below 1, got 1.0"),
        (lambda: S4D(state_size=5), "s4d: state_size: expected an even number, got 5"),
        (lambda: S4D(min_step=1.0), "s4d: expected min_step < max_step, got 1.0 and 0.1"),
        (lambda: Mamba(max_step=1e-3), "mamba: expected min_step < max_step, got 0.001 and 0.001"),
        (lambda: S5(state_size=6, blocks=2), "expected a multiple of 2 blocks, 4, got 6"),
        (lambda: Retention(key_dim=3), "retention: key_dim: expected an even number, got 3"),
        (lambda: Retention(value_dim=1), "retention: value_dim: expected 2 or more"),
        (lambda: MLSTM(value_dim=1), "mlstm: value_dim: expected 2 or more"),
        (lambda: MLSTM(forget_max=1.0), "expected 0 < forget_min ≤ forget_max < 1, got 0.95 and"),
        (lambda: Attention(key_dim=3), "attention: key_dim: expected an even number .*, got 3"),
    ],
)
def test_what_does_not_fit_is_told(make, why):
    with pytest.raises(SeqvisionError, match=why):
        make()


@pytest.mark.parametrize("cell", ["unicornn", {"name": "cornn", "time_step": 0.5}])
def test_a_mixer_of_a_cell_is_its_layer(cell):
    """Also in the precision that it is given, with wrappers and options."""
    wrap = [{"name": "residual"}]
    mixer = made("recurrent", cell=cell, wrap=wrap, dtype="mixed_bfloat16")
    layer = recurrent_layer(cell, FEATURES, wrap, return_sequences=True)
    x = ops.convert_to_tensor(drawn(2, 5, FEATURES))
    layer.build(x.shape)
    layer.set_weights(mixer.get_weights())
    found, expected = numpy([ops.cast(mixer(x), "float32"), layer(x)])
    np.testing.assert_allclose(found, expected, atol=0.05)
    assert mixer.layer.cell.compute_dtype == mixer.layer.cell.cell.compute_dtype == "bfloat16"


def test_what_no_mixer_can_be_is_told(monkeypatch):
    class OfMatrices(keras.layers.GRUCell):
        def get_initial_state(self, batch_size=None):
            return [ops.zeros((batch_size, 2, 2))]

    monkeypatch.setitem(CELLS._imported, "of_matrices", OfMatrices)
    for cell, why in {
        "grid_lstm": "cell 'grid_lstm' makes 32 features of 4, and a mixer as many as go in",
        "of_matrices": r"cell 'of_matrices' has states of shapes \(2, 2\), and those",
    }.items():
        with pytest.raises(SeqvisionError, match=f"^recurrent: .*{why}"):
            made("recurrent", cell=cell)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", NAMES)
def test_the_number_of_steps_need_not_be_known(name):
    mixer = made(name)
    model = keras.Sequential([keras.Input((None, FEATURES)), mixer])
    for steps in (5, 40):
        x = drawn(2, steps, FEATURES)
        np.testing.assert_allclose(model.predict_on_batch(x), mixer(x), atol=2e-5)
