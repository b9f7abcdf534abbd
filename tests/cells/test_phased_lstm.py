"""The phased LSTM against a transcription of the paper's equations, and its clock."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.cells import PhasedLSTMCell
from seqvision.errors import SeqvisionError
from seqvision.layers import Recurrent


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def openness(t, tau, shift, r_on, alpha):
    phi = np.mod(t - shift, tau) / tau
    return np.select(
        [phi < 0.5 * r_on, phi < r_on], [2 * phi / r_on, 2 - 2 * phi / r_on], alpha * phi
    )


def transcription(w, x, times, alpha):
    """`x` `(batch, time, features)`, `times` `(batch, time)`."""
    units = w["period"].size
    p = {g: w.get(f"{g}_peephole", np.zeros(units)) for g in ("input", "forget", "output")}
    c = h = np.zeros((len(x), units))
    outputs = []
    for x_t, t in zip(x.transpose(1, 0, 2), times.T, strict=True):
        i, f, g, o = np.split(x_t @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], 4, axis=1)
        c_tilde = sigmoid(f + p["forget"] * c) * c + sigmoid(i + p["input"] * c) * np.tanh(g)
        h_tilde = sigmoid(o + p["output"] * c_tilde) * np.tanh(c_tilde)
        k = openness(t[:, None], w["period"], w["shift"], w["open_ratio"], alpha)
        c = k * c_tilde + (1 - k) * c
        h = k * h_tilde + (1 - k) * h
        outputs.append(h)
    return np.stack(outputs, 1), h, c


def randomised(cell, randomise):
    """Random weights, with periods, shifts and ratios that open some units and close others."""
    w = randomise(cell)
    generator = np.random.default_rng(5)
    for name, low, high in [("period", 2, 9), ("shift", -4, 12), ("open_ratio", 0.2, 0.7)]:
        w[name] = generator.uniform(low, high, w[name].shape).astype("float32")
        getattr(cell, name).assign(w[name])
    return w


@pytest.mark.parametrize(
    ("options", "training", "alpha"),
    [
        ({"leak": 0.1}, True, 0.1),
        ({"leak": 0.1}, False, 0.0),
        ({"leak": 0.1, "leak_in_inference": True}, False, 0.1),
        ({"use_peepholes": False}, True, 0.001),
    ],
)
@pytest.mark.parametrize("time_feature", [None, 0, 2, -1])
def test_is_its_equations(x, run, randomise, options, training, alpha, time_feature):
    cell = PhasedLSTMCell(8, time_feature, **options)
    w = randomised(cell, randomise)
    times = np.tile(np.arange(4.0), (2, 1))
    rest = x
    if time_feature is not None:
        x = x * np.where(np.arange(6) == time_feature % 6, 9, 1).astype("float32")
        times, rest = x[..., time_feature], np.delete(x, time_feature, axis=-1)
    outputs, states = run(cell, x, training=training)
    expected = transcription(w, rest, times, alpha)
    for got, want in zip((outputs, *states[:2]), expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_an_open_gate_leaves_a_peephole_lstm(x, run, randomise):
    """At the top of its flank a unit does what the LSTM without a time gate does."""
    from seqvision.cells import PeepholeLSTMCell

    cell, plain = PhasedLSTMCell(5), PeepholeLSTMCell(5)
    randomise(cell)
    plain.build((None, 6))
    plain.set_weights(cell.get_weights()[:6])
    cell.period.assign(np.ones(5)), cell.shift.assign(np.full(5, -0.25))
    cell.open_ratio.assign(np.full(5, 0.5))
    np.testing.assert_allclose(run(cell, x)[0], run(plain, x)[0], atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_the_clock_counts_beyond_what_half_precision_can(dtype):
    cell = PhasedLSTMCell(1, dtype=dtype)
    cell.build((None, 1))
    times, gate = [], cell.time_gate

    def recorded(time, training):
        times.append(ops.convert_to_numpy(time).item())
        return gate(time, training)

    cell.time_gate = recorded
    h, c, start = cell.get_initial_state(1)
    late = ops.cast([[250, 3]], cell.compute_dtype)
    for clock, expected in ((start, [0, 1, 2]), (late, range(1018, 1030))):
        state = [h, c, clock]
        for _ in expected:
            _, state = cell(ops.zeros((1, 1)), state)
        assert times == list(expected)
        times.clear()


@pytest.mark.parametrize("time_feature", [None, 3])
@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"return_state": True}])
@pytest.mark.parametrize("mask", [None, np.array([[1, 1, 1, 0], [0, 1, 0, 1]], bool)])
def test_recurrent_is_keras_rnn(x, randomise, time_feature, options, mask):
    cell = PhasedLSTMCell(5, time_feature)
    randomised(cell, randomise)
    ours, theirs = (layer(cell, **options) for layer in (Recurrent, keras.layers.RNN))
    got, expected = ours(x, mask=mask, training=True), theirs(x, mask=mask, training=True)
    for a, b in zip(keras.tree.flatten(got), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.tensorflow  # Float32's steps are too long for its kinks.
@pytest.mark.parametrize("time_feature", [None, 1])
def test_gradients(check_gradients, time_feature):
    """Times that random weights put on a kink of the gate would be found out here."""
    cell = PhasedLSTMCell(4, time_feature, leak=0.3, dtype="float64")
    check_gradients(cell, training=True, epsilon=1e-7)


def test_starts_as_the_source_does():
    zeros = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
    cell = PhasedLSTMCell(2000, period_min=1.0, period_max=1000.0, ratio_on=0.1, **zeros)
    cell.build((None, 3))
    period, shift = (ops.convert_to_numpy(w) for w in (cell.period, cell.shift))
    assert 1 <= period.min() < 1.1 and 900 < period.max() <= 1000
    assert abs(np.median(period) / 1000**0.5 - 1) < 0.2
    assert (shift >= 0).all() and (shift < period).all()
    assert abs((shift / period).mean() - 0.5) < 0.03
    np.testing.assert_allclose(cell.open_ratio, 0.1)


def test_the_ratio_can_be_kept():
    cell = PhasedLSTMCell(4, trainable_ratio_on=False)
    cell.build((None, 3))
    assert [w.name for w in cell.non_trainable_weights] == ["open_ratio"]


def test_stays_finite_and_exact_in_time_in_half_precision(x):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        cell = PhasedLSTMCell(5)
        assert np.isfinite(ops.cast(Recurrent(cell)(x, training=True), "float32")).all()
        assert cell.period.dtype == "float32"
        exact = PhasedLSTMCell(5, dtype="float32")
        exact.build((None, 6))
        exact.set_weights(cell.get_weights())
        gates = [ops.cast(c.time_gate(ops.full((1, 1), 700.3)), "float32") for c in (cell, exact)]
        np.testing.assert_allclose(gates[0], gates[1], atol=0.01)
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize(("time_feature", "features"), [(6, 6), (-7, 6), (0, 1)])
def test_an_input_without_the_time_is_refused(time_feature, features):
    with pytest.raises(SeqvisionError, match=f"the input has {features} features"):
        PhasedLSTMCell(4, time_feature).build((None, features))
