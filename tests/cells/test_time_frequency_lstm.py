"""The time-frequency LSTM against its equations, and with one block against Keras's LSTM."""

import keras
import numpy as np
import pytest

from seqvision.cells import TimeFreqLSTMCell
from seqvision.errors import SeqvisionError


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transcription(w, x, windows, clip=None):
    units = w["bias"].size // 4
    p = {gate: w.get(f"{gate}_peephole", 0) for gate in ("input", "forget", "output")}
    m, c = (np.zeros((len(windows), len(x), units)) for _ in range(2))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        below = np.zeros((len(x), units))
        for k, (start, end) in enumerate(windows):
            seen = np.concatenate([x_t[:, start:end], m[k], below], axis=1)
            i, f, g, o = np.split(seen @ w["kernel"] + w["bias"], 4, axis=1)
            i, f = sigmoid(i + p["input"] * c[k]), sigmoid(f + p["forget"] * c[k])
            c[k] = f * c[k] + i * np.tanh(g)
            if clip:
                c[k] = np.clip(c[k], -clip, clip)
            below = m[k] = sigmoid(o + p["output"] * c[k]) * np.tanh(c[k])
        outputs.append(np.concatenate(m, axis=1))
    return np.stack(outputs, 1), np.concatenate(m, 1), np.concatenate(c, 1)


EVEN = [(0, 2), (1, 3), (2, 4), (4, 6)]


@pytest.mark.parametrize(
    ("options", "windows", "reference"),
    [
        ({}, EVEN, {}),
        ({"use_peepholes": True}, EVEN, {}),
        ({"use_peepholes": True, "cell_clip": 0.3}, EVEN, {"clip": 0.3}),
        ({"num_frequency_blocks": 3, "feature_size": 2}, [(0, 2), (2, 4), (4, 6)], {}),
        ({"num_frequency_blocks": 3, "frequency_skip": 1}, [(0, 4), (1, 5), (2, 6)], {}),
        (
            {"num_frequency_blocks": 2, "frequency_skip": 3, "feature_size": 2},
            [(0, 2), (3, 5)],
            {},
        ),
    ],
)
def test_is_its_equations(x, run, randomise, options, windows, reference):
    cell = TimeFreqLSTMCell(5, **options)
    weights = randomise(cell)
    outputs, states = run(cell, x)
    expected = transcription(weights, x, windows, **reference)
    for got, want in zip((outputs, *states), expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize(
    "options", [{}, {"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}]
)
def test_one_block_is_keras_lstm(x, run, randomise, options):
    cell = TimeFreqLSTMCell(5, 1, **options)
    weights = randomise(cell)
    theirs = keras.layers.LSTMCell(5, **options)
    theirs.build((None, 6))
    theirs.set_weights([weights["kernel"][:6], weights["kernel"][6:11], weights["bias"]])
    got, expected = run(cell, x), run(theirs, x)
    for value, reference in zip((got[0], *got[1]), (expected[0], *expected[1]), strict=True):
        np.testing.assert_allclose(value, reference, atol=1e-5)


def test_forget_gate_starts_where_asked():
    cell = TimeFreqLSTMCell(2, 2, forget_bias=3.0)
    cell.build((None, 4))
    np.testing.assert_array_equal(cell.bias, [0, 0, 3, 3, 0, 0, 0, 0])


def test_runs_in_layers(check_in_layers):
    check_in_layers(lambda **options: TimeFreqLSTMCell(5, 3, use_peepholes=True, **options))


def test_blocks_that_do_not_fit_are_refused():
    with pytest.raises(SeqvisionError, match="6 features make 3 blocks, not 4"):
        TimeFreqLSTMCell(5, 4, feature_size=2, frequency_skip=2).build((None, 6))


def test_gradients(check_gradients):
    check_gradients(TimeFreqLSTMCell(3, 2, use_peepholes=True, cell_clip=5.0, dtype="float64"))
