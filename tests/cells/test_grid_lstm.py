"""The grid LSTM over frequency against its equations, and against contrib's own test values."""

import keras
import numpy as np
import pytest

from seqvision.cells import BidirectionalGridLSTMCell, GridLSTMCell
from seqvision.errors import SeqvisionError


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def sweep(w, name, windows, m, c, share=False, couple=False, clip=None):
    """Walk over windows `(batch, size)`; m and c hold one `(batch, units)` a window."""
    units = m[0].shape[1]
    gates = "ico" if couple else "ifco"
    F, T = 0, 0 if share else 1

    def see(lstm, gate, freq_cell, time_cell):
        full = {"i": "input", "f": "forget", "o": "output"}[gate]
        p = w.get(f"{name}_{full}_peephole")
        return 0 if p is None else p[lstm, 0] * freq_cell + p[lstm, 1] * time_cell

    def limit(cell):
        return np.clip(cell, -clip, clip) if clip else cell

    n = d = np.zeros_like(m[0])
    outputs, new_m, new_c = [], [], []
    for k, window in enumerate(windows):
        seen = np.concatenate([window, m[k], n], axis=1)
        z, i, f, o = {}, {}, {}, {}
        for lstm in {F, T}:
            for g, gate in enumerate(gates):
                s = slice((lstm * len(gates) + g) * units, (lstm * len(gates) + g + 1) * units)
                z[lstm, gate] = seen @ w[f"{name}_kernel"][:, s] + w[f"{name}_bias"][s]
            i[lstm] = sigmoid(z[lstm, "i"] + see(lstm, "i", d, c[k]))
            if couple:
                f[lstm] = 1 - i[lstm]
            else:
                f[lstm] = sigmoid(z[lstm, "f"] + see(lstm, "f", d, c[k]))
        d_new = limit(f[F] * d + i[F] * np.tanh(z[F, "c"]))
        c_new = limit(f[T] * c[k] + i[T] * np.tanh(z[T, "c"]))
        for lstm in {F, T}:
            o[lstm] = sigmoid(z[lstm, "o"] + see(lstm, "o", d_new, c_new))
        d, n = d_new, o[F] * np.tanh(d_new)
        new_c.append(c_new)
        new_m.append(o[T] * np.tanh(c_new))
        outputs += [new_m[-1], n]
    return outputs, new_m, new_c


def transcription(w, x, units, sweeps, **options):
    """`sweeps` holds a name and the windows `(start, end)` of each."""
    blocks = sum(len(windows) for _, windows in sweeps)
    beyond = np.zeros((len(x), 9))
    m, c = ([np.zeros((len(x), units))] * blocks for _ in range(2))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        wide, put, new_m, new_c = np.concatenate([beyond, x_t, beyond], 1), [], [], []
        for name, windows in sweeps:
            here = slice(len(new_m), len(new_m) + len(windows))
            seen = [wide[:, 9 + start : 9 + end] for start, end in windows]
            results = sweep(w, name, seen, m[here], c[here], **options)
            for whole, part in zip((put, new_m, new_c), results, strict=True):
                whole += part
        m, c = new_m, new_c
        outputs.append(np.concatenate(put, 1))
    return np.stack(outputs, 1), np.concatenate(m, 1), np.concatenate(c, 1)


def assert_same(got, expected):
    for value, reference in zip((got[0], *got[1]), expected, strict=True):
        np.testing.assert_allclose(value, reference, atol=1e-5)


EVEN = [("forward_0", [(0, 2), (1, 3), (2, 4), (4, 6)])]


@pytest.mark.parametrize(
    ("options", "sweeps", "reference"),
    [
        ({}, EVEN, {}),
        ({"use_peepholes": True}, EVEN, {}),
        ({"share_time_frequency_weights": True, "use_peepholes": True}, EVEN, {"share": True}),
        ({"couple_input_forget_gates": True}, EVEN, {"couple": True}),
        ({"couple_input_forget_gates": True, "use_peepholes": True}, EVEN, {"couple": True}),
        ({"cell_clip": 0.3, "use_peepholes": True}, EVEN, {"clip": 0.3}),
        (
            {"num_frequency_blocks": 3, "feature_size": 2, "frequency_skip": 2},
            [("forward_0", [(0, 2), (2, 4), (4, 6)])],
            {},
        ),
        (
            {"num_frequency_blocks": [1, 3], "frequency_ranges": [[1, 3], [2, 6]]},
            [("forward_0", [(1, 3)]), ("forward_1", [(2, 4), (3, 5), (4, 6)])],
            {},
        ),
    ],
)
def test_is_its_equations(x, run, randomise, options, sweeps, reference):
    cell = GridLSTMCell(5, **options)
    weights = randomise(cell)
    assert_same(run(cell, x), transcription(weights, x, 5, sweeps, **reference))


@pytest.mark.parametrize("offset", [0, 2, -1])
def test_bidirectional_walks_both_ways(x, run, randomise, offset):
    cell = BidirectionalGridLSTMCell(
        5, num_frequency_blocks=3, backward_slice_offset=offset, use_peepholes=True
    )
    weights = randomise(cell)
    windows = [(0, 2), (2, 4), (4, 6)]
    back = [(start + offset, end + offset) for start, end in reversed(windows)]
    sweeps = [("forward_0", windows), ("backward_0", back)]
    assert_same(run(cell, x), transcription(weights, x, 5, sweeps))


def contribs(cell, inputs):
    """Output and states, every weight 0.5 and every state 0.1, as contrib's tests have it."""
    x = np.array(inputs, "float32")
    cell.build((None, x.shape[1]))
    for weight in cell.weights:
        if "bias" not in weight.path:
            weight.assign(np.full(weight.shape, 0.5))
    states = [np.full((len(x), size), 0.1, "float32") for size in cell.state_size]
    output, (m, c) = cell(x, states)
    return np.asarray(output)[:, ::2], np.asarray(m)[:, ::2], np.asarray(c)[:, ::2]


def test_gives_the_values_in_contribs_own_tests():
    """`rnn_cell_test.py` of TensorFlow 1, testGridLstmCellWithCoupledInputForgetGates."""
    cell = GridLSTMCell(2, 3, 2, 1, couple_input_forget_gates=True)
    output, m, c = contribs(cell, [[1.0] * 4, [2.0] * 4, [3.0] * 4])
    first = [0.416383, 0.403238, 0.524020, 0.565425, 0.557865, 0.609699]
    np.testing.assert_allclose(output[0], first, atol=1e-6)
    np.testing.assert_allclose(m[1], [0.627331, 0.688342, 0.694245], atol=1e-6)
    np.testing.assert_allclose(c[2], [0.957327, 0.979522, 0.980245], atol=1e-6)


def test_bidirectional_gives_the_values_in_contribs_own_tests():
    """`rnn_cell_test.py` of TensorFlow 1, testBidirectionGridLSTMCellWithSliceOffset."""
    shared = {"share_time_frequency_weights": True, "backward_slice_offset": 1}
    cell = BidirectionalGridLSTMCell(2, 3, 2, 1, **shared)
    output, m, c = contribs(cell, [[1.0, 1.1, 1.2, 1.3], [2.0, 2.1, 2.2, 2.3]])
    ahead = [0.464130, 0.419165, 0.593283, 0.738350, 0.661638, 0.866774]
    back = [0.322645, 0.276068, 0.584654, 0.690292, 0.640446, 0.840071]
    np.testing.assert_allclose(output[0], ahead + back, atol=1e-6)
    m_1 = [0.669636, 0.736057, 0.755559, 0.493625, 0.730828, 0.749429]
    np.testing.assert_allclose(m[1], m_1, atol=1e-6)
    c_1 = [0.967579, 1.038811, 1.058201, 0.749836, 1.033488, 1.052186]
    np.testing.assert_allclose(c[1], c_1, atol=1e-6)


def test_weights_start_as_the_source_does():
    cell = GridLSTMCell(20, 2, use_peepholes=True, forget_bias=3.0)
    cell.build((None, 20))
    kernel, bias, peephole = (np.asarray(w) for w in cell.weights[:3])
    limit = (6 / (10 + 20 + 20 + 80)) ** 0.5  # Glorot's, of one LSTM's kernel
    assert 0.95 * limit < np.abs(kernel).max() <= limit
    assert np.abs(kernel[:, :80] - kernel[:, 80:]).max() > limit
    np.testing.assert_array_equal(bias, ([0] * 20 + [3] * 20 + [0] * 40) * 2)
    limit = (3 / 20) ** 0.5  # Glorot's, of a vector
    assert 0.8 * limit < np.abs(peephole).max() <= limit
    assert len(np.unique(peephole)) == peephole.size


@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_activations_are_used(x, run, randomise, option):
    plain, other = GridLSTMCell(4), GridLSTMCell(4, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


@pytest.mark.parametrize("kind", [GridLSTMCell, BidirectionalGridLSTMCell])
def test_runs_in_layers(check_in_layers, kind):
    check_in_layers(lambda **options: kind(5, 3, use_peepholes=True, **options))


@pytest.mark.parametrize("features", [1, 3, 28, 1024])
def test_defaults_fit_any_number_of_features(features):
    cell = GridLSTMCell(2)
    output, _ = cell(np.ones((1, features), "float32"), cell.get_initial_state(1))
    assert output.shape == (1, cell.output_size)


def test_ranges_need_a_number_of_blocks_each():
    message = "one number of blocks in num_frequency_blocks for each of 2 frequency ranges, got 3"
    with pytest.raises(SeqvisionError, match=message):
        GridLSTMCell(2, 3, frequency_ranges=[[0, 2], [2, 4]])


@pytest.mark.parametrize(
    "options",
    [
        {"use_peepholes": True},
        {"share_time_frequency_weights": True, "use_peepholes": True},
        {"couple_input_forget_gates": True, "use_peepholes": True, "cell_clip": 5.0},
    ],
)
def test_gradients(check_gradients, options):
    check_gradients(GridLSTMCell(2, 2, dtype="float64", **options))


def test_gradients_of_both_ways(check_gradients):
    check_gradients(
        BidirectionalGridLSTMCell(2, 2, backward_slice_offset=1, dtype="float64"), features=4
    )


@pytest.mark.slow
def test_trains_saves_and_loads_in_a_plain_keras_model(tmp_path):
    keras.utils.set_random_seed(0)
    options = {"num_frequency_blocks": [2, 1], "frequency_ranges": [[0, 6], [4, 8]]}
    x = np.random.default_rng(0).normal(size=(32, 7, 8)).astype("float32")
    y = (x[:, :, 2].sum(1) > 0).astype("int32")
    model = keras.Sequential(
        [
            keras.Input((7, 8)),
            keras.layers.RNN(BidirectionalGridLSTMCell(6, **options), return_sequences=True),
            keras.layers.RNN(GridLSTMCell(6)),
            keras.layers.Dense(2),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    losses = [model.train_on_batch(x, y) for _ in range(15)]  # `fit` waits at its end.
    assert losses[-1] < 0.5 * losses[0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)
