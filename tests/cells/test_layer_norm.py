"""The layer-normalised LSTM and GRU against transcriptions of each source's equations."""

import keras
import numpy as np
import pytest

from seqvision.cells import LayerNormGRUCell, LayerNormLSTMCell


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def norm(v, gamma, beta, epsilon):
    mean = v.mean(axis=-1, keepdims=True)
    return (v - mean) / np.sqrt(((v - mean) ** 2).mean(-1, keepdims=True) + epsilon) * gamma + beta


def lstm_transcription(w, x, variant, epsilon, peepholes=False, cell_clip=None, proj_clip=None):
    units = w["state_gamma"].size
    p = {g: w[f"{g}_peephole"] if peepholes else 0.0 for g in ("input", "forget", "output")}
    h = np.zeros((len(x), w["recurrent_kernel"].shape[0]))
    c = np.zeros((len(x), units))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        from_x, from_h = x_t @ w["kernel"], h @ w["recurrent_kernel"]
        if variant == "joint":
            gates = [
                norm((from_x + from_h)[:, s], w["gate_gamma"][s], w["gate_beta"][s], epsilon)
                for s in (slice(k * units, (k + 1) * units) for k in range(4))
            ]
        else:
            z = norm(from_x, w["kernel_gamma"], w["kernel_beta"], epsilon)
            z = z + norm(from_h, w["recurrent_gamma"], w["recurrent_beta"], epsilon) + w["bias"]
            gates = np.split(z, 4, axis=1)
        i, f, g, o = gates
        c = sigmoid(f + p["forget"] * c) * c + sigmoid(i + p["input"] * c) * np.tanh(g)
        normal = norm(c, w["state_gamma"], w["state_beta"], epsilon)
        if variant != "paper":
            c = normal
        if cell_clip:
            c = np.clip(c, -cell_clip, cell_clip)
            normal = norm(c, w["state_gamma"], w["state_beta"], epsilon)
        h = sigmoid(o + p["output"] * c) * np.tanh(normal if variant == "paper" else c)
        if "projection_kernel" in w:
            h = h @ w["projection_kernel"]
            h = np.clip(h, -proj_clip, proj_clip) if proj_clip else h
        outputs.append(h)
    return np.stack(outputs, 1), h, c


def gru_transcription(w, x, variant, epsilon):
    units = w["recurrent_kernel"].shape[0]
    gate, rest = slice(0, 2 * units), slice(2 * units, None)
    h = np.zeros((len(x), units))
    outputs = []

    def part(v, prefix, s):
        return norm(v[:, s], w[prefix + "gamma"][s], w[prefix + "beta"][s], epsilon)

    for x_t in x.transpose(1, 0, 2):
        from_x, from_h = x_t @ w["kernel"], h @ w["recurrent_kernel"]
        if variant == "separate":
            update, reset = np.split(
                part(from_x, "", gate) + part(from_h, "recurrent_", gate), 2, 1
            )
            reset = sigmoid(reset)
            candidate = part(from_x, "", rest) + reset * part(from_h, "recurrent_", rest)
        else:
            both = from_x + from_h
            update = part(both, "", slice(0, units))
            reset = sigmoid(part(both, "", slice(units, 2 * units)))
            again = (reset * h) @ w["recurrent_kernel"]
            candidate = part(from_x + again, "", rest)
        z = sigmoid(update)
        h = z * h + (1 - z) * np.tanh(candidate)
        outputs.append(h)
    return np.stack(outputs, 1), h


@pytest.mark.parametrize("variant", ["paper", "separate", "joint"])
@pytest.mark.parametrize(
    ("options", "reference"),
    [
        ({}, {}),
        ({"epsilon": 0.5}, {}),
        ({"use_peepholes": True, "cell_clip": 0.5}, {"peepholes": True, "cell_clip": 0.5}),
        ({"projection": 3, "projection_clip": 0.2}, {"proj_clip": 0.2}),
    ],
)
def test_lstm_is_its_equations(x, run, randomise, variant, options, reference):
    cell = LayerNormLSTMCell(5, variant=variant, **options)
    weights = randomise(cell)
    outputs, states = run(cell, x)
    expected = lstm_transcription(weights, x, variant, options.get("epsilon", 1e-3), **reference)
    for got, want in zip((outputs, *states), expected, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-5)


@pytest.mark.parametrize("variant", ["separate", "joint"])
@pytest.mark.parametrize("epsilon", [1e-3, 0.5])
def test_gru_is_its_equations(x, run, randomise, variant, epsilon):
    cell = LayerNormGRUCell(5, variant=variant, epsilon=epsilon)
    weights = randomise(cell)
    outputs, (h,) = run(cell, x)
    expected = gru_transcription(weights, x, variant, epsilon)
    np.testing.assert_allclose(outputs, expected[0], atol=1e-5)
    np.testing.assert_allclose(h, expected[1], atol=1e-5)


def test_candidate_dropout_zeroes_or_scales_the_candidate_alone(x, randomise):
    """With an empty cell state the new one is i ∘ g: dropped, or doubled at a rate of a half."""
    cell = LayerNormLSTMCell(64, recurrent_dropout=0.5, seed=3)
    randomise(cell)
    states = [np.zeros((2, 64), "float32")] * 2
    kept = keras.ops.convert_to_numpy(cell(x[:, 0], states)[1][1])
    trained = keras.ops.convert_to_numpy(cell(x[:, 0], states, training=True)[1][1])
    dropped = trained == 0
    assert 0.3 < dropped.mean() < 0.7
    np.testing.assert_allclose(trained[~dropped], 2 * kept[~dropped], rtol=1e-5)


def test_candidate_dropout_differs_from_step_to_step(x):
    cell = LayerNormLSTMCell(64, recurrent_dropout=0.5, seed=3)
    cell.build((None, 6))
    _, kept = cell.project(x, training=True)
    kept = keras.ops.convert_to_numpy(kept)
    assert not np.array_equal(kept[:, 0], kept[:, 1])


@pytest.mark.parametrize("variant", ["paper", "separate", "joint"])
def test_forget_bias_starts_the_forget_gate(variant):
    cell = LayerNormLSTMCell(2, variant=variant, forget_bias=3.0)
    cell.build((None, 4))
    start = cell.gate_beta if variant == "joint" else cell.bias
    np.testing.assert_array_equal(start, [0, 0, 3, 3, 0, 0, 0, 0])


@pytest.mark.parametrize("variant", ["paper", "separate", "joint"])
def test_lstm_gradients(check_gradients, variant):
    check_gradients(LayerNormLSTMCell(3, variant=variant, use_peepholes=True, dtype="float64"))


@pytest.mark.parametrize("variant", ["separate", "joint"])
def test_gru_gradients(check_gradients, variant):
    check_gradients(LayerNormGRUCell(3, variant=variant, dtype="float64"))
