"""Attention over a cell's own past outputs against its equations, around several cells."""

import keras
import numpy as np
import pytest

from seqvision import create_model
from seqvision.cells import AttentionCell, PeepholeLSTMCell, UGRNNCell
from seqvision.cells.wrappers import AttentionCellWrapper
from seqvision.errors import SeqvisionError
from seqvision.layers import Recurrent


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def lstm(weights):
    """Keras's LSTM cell: from an input and a state to an output and a state."""
    kernel, recurrent, bias = weights

    def call(x, state):
        h, c = np.split(state, 2, axis=1)
        i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        return h, np.concatenate([h, c], axis=1)

    return call


def projected_lstm(weights):
    kernel, recurrent, bias, projection = weights
    units = bias.size // 4

    def call(x, state):
        h, c = state[:, :-units], state[:, -units:]
        i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = (sigmoid(o) * np.tanh(c)) @ projection
        return h, np.concatenate([h, c], axis=1)

    return call


def ugrnn(weights):
    kernel, recurrent, bias = weights

    def call(x, h):
        g, c = np.split(x @ kernel + h @ recurrent + bias, 2, axis=1)
        h = sigmoid(g) * h + (1 - sigmoid(g)) * np.tanh(c)
        return h, h

    return call


def transcription(w, call, state_size, x, length):
    size = w["output_bias"].size
    state = np.zeros((len(x), state_size))
    attended = np.zeros((len(x), size))
    past = [np.zeros((len(x), size))] * length
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        both = np.concatenate([x_t, attended], axis=1)
        joint = np.concatenate([w["kernel"], w["recurrent_kernel"]])
        output, state = call(both @ joint + w["bias"], state)
        query = state @ w["query_kernel"] + w["query_bias"]
        scores = [np.tanh(y @ w["key_kernel"] + query) @ w["score"] for y in past]
        shares = np.exp(scores) / np.exp(scores).sum(0)
        attended = sum(share[:, None] * y for share, y in zip(shares, past, strict=True))
        output = np.concatenate([output, attended], axis=1) @ w["output_kernel"]
        output = output + w["output_bias"]
        past = [*past[1:], output]
        outputs.append(output)
    return np.stack(outputs, 1), state, attended, np.concatenate(past, 1)


@pytest.mark.parametrize(
    ("inner", "reference"),
    [
        (lambda: keras.layers.LSTMCell(4), lstm),
        (lambda: PeepholeLSTMCell(4, use_peepholes=False, projection=3), projected_lstm),
        (lambda: UGRNNCell(4), ugrnn),
    ],
    ids=["keras_lstm", "projected_lstm", "ugrnn"],
)
@pytest.mark.parametrize(
    "options",
    [{"length": 3}, {"length": 7}, {"length": 2, "size": 5, "score_size": 8, "input_size": 2}],
)
def test_is_its_equations(x, run, randomise, inner, reference, options):
    cell = AttentionCellWrapper(inner(), **options)
    randomise(cell)
    own = {v.name: np.asarray(v) for v in cell.weights[: -len(cell.cell.weights)]}
    call = reference([np.asarray(v) for v in cell.cell.weights])
    outputs, states = run(cell, x)
    expected = transcription(own, call, sum(cell.state_size[:-2]), x, options["length"])
    got = (outputs, np.concatenate(states[:-2], 1), *states[-2:])
    for value, reference_value in zip(got, expected, strict=True):
        np.testing.assert_allclose(value, reference_value, atol=1e-5)


def test_sizes_are_true_whatever_the_cell():
    cell = AttentionCellWrapper(PeepholeLSTMCell(4, projection=3), length=5)
    assert (cell.state_size, cell.output_size) == ([3, 4, 3, 15], 3)
    cell = AttentionCell(6, "gru", length=5, size=2)
    assert (cell.state_size, cell.output_size) == ([6, 2, 10], 2)
    stacked = keras.layers.StackedRNNCells([keras.layers.LSTMCell(4), keras.layers.GRUCell(5)])
    assert AttentionCellWrapper(stacked, length=2).state_size == [4, 4, 5, 5, 10]


@pytest.mark.parametrize(
    "inner",
    [
        lambda **o: keras.layers.GRUCell(4, **o),
        lambda **o: keras.layers.StackedRNNCells(
            [keras.layers.LSTMCell(4, **o), keras.layers.GRUCell(3, **o)], **o
        ),
        lambda **o: AttentionCellWrapper(UGRNNCell(3, **o), length=2, **o),
    ],
    ids=["gru", "stack", "attention"],
)
def test_runs_in_layers(check_in_layers, inner):
    check_in_layers(lambda **o: AttentionCellWrapper(inner(**o), length=3, **o))


@pytest.mark.parametrize("layer", [Recurrent, keras.layers.RNN])
def test_a_dropout_of_keras_is_one_mask_a_sequence(layer):
    """A cell without memory gives equal steps equal outputs only if the mask is the same."""
    inner = keras.layers.SimpleRNNCell(64, dropout=0.5, recurrent_dropout=0.5, seed=1)
    cell = AttentionCellWrapper(inner, length=2, input_size=64)
    recurrent = layer(cell, return_sequences=True)
    x = np.ones((2, 5, 3), "float32")
    recurrent(x)
    for memory in (inner.recurrent_kernel, cell.recurrent_kernel, cell.score):
        memory.assign(np.zeros(memory.shape))
    cell.output_kernel.assign(np.eye(128, 64))  # The cell's output alone.
    first, second = (np.asarray(recurrent(x, training=True)) for _ in range(2))
    np.testing.assert_allclose(first, np.repeat(first[:, :1], 5, axis=1), atol=1e-6)
    assert np.abs(first - second).max() > 1e-3
    assert np.abs(first[0] - first[1]).max() > 1e-3


def test_weights_start_as_the_source_does():
    cell = AttentionCell(20, "lstm", score_size=30)
    cell.build((None, 40))
    for weight, fans in (
        (cell.kernel, 40 + 20 + 40),
        (cell.recurrent_kernel, 40 + 20 + 40),
        (cell.query_kernel, 40 + 30),
        (cell.key_kernel, 20 + 30),
        (cell.score, 30 + 30),
        (cell.output_kernel, 40 + 20),
    ):
        limit = (6 / fans) ** 0.5
        assert 0.85 * limit < np.abs(weight).max() <= limit, weight.path
    for bias in (cell.bias, cell.query_bias, cell.output_bias):
        assert not np.any(bias)


def test_gradients(check_gradients):
    inner = keras.layers.LSTMCell(3, dtype="float64")
    options = {"length": 2, "score_size": 4, "input_size": 5}
    check_gradients(AttentionCellWrapper(inner, **options, dtype="float64"))


def test_a_config_names_the_cell_within(tmp_path):
    within = {"name": "layer_norm_lstm", "variant": "joint"}
    spec = {"name": "attention", "cell": within, "length": 4}
    model = create_model("bidirectional", (6, 5), 3, cell=spec, units=[4])
    x = np.random.default_rng(0).uniform(0, 255, (2, 6, 5)).astype("float32")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)
    with pytest.raises(
        SeqvisionError, match=r"cell\.cell: unknown cell 'lstn'; did you mean 'lstm'"
    ):
        create_model("stacked", (6, 5), 3, cell={"name": "attention", "cell": "lstn"})


def test_loads_from_the_config_it_once_had():
    """It used to be the cell too, which took `units` and held them in its config."""
    config = AttentionCellWrapper(keras.layers.GRUCell(4), length=3, size=5).get_config()
    saved = {
        "module": "seqvision.cells.attention",
        "class_name": "AttentionCellWrapper",
        "registered_name": "seqvision>AttentionCellWrapper",
        "config": {**config, "units": 4},
    }
    loaded = keras.saving.deserialize_keras_object(saved)
    assert type(loaded) is AttentionCellWrapper
    assert loaded.get_config() == config


def test_a_config_may_wrap_a_cell_in_it():
    wrap = [{"name": "attention", "length": 3}]
    model = create_model("stacked", (6, 5), 3, cell="lstm", units=[4], wrap=wrap)
    inside = {"name": "attention", "cell": "lstm", "length": 3}
    same = create_model("stacked", (6, 5), 3, cell=inside, units=[4])
    same.set_weights(model.get_weights())
    x = np.random.default_rng(0).uniform(0, 255, (2, 6, 5)).astype("float32")
    np.testing.assert_allclose(same(x), model(x), atol=1e-6)
