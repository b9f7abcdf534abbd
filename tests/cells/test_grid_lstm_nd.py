"""The grid LSTM of N dimensions against the paper's equations and contrib's own test values."""

import keras
import numpy as np
import pytest

from seqvision.cells import GridLSTMNDCell
from seqvision.errors import SeqvisionError


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def transform(w, name, outputs, memory, contrib):
    """One LSTM of a block: from all outputs and one memory to that dimension's two."""
    z = np.concatenate(outputs, axis=1) @ w[f"{name}_kernel"] + w[f"{name}_bias"]
    update, forget, content, out = np.split(z, 4, axis=1)
    p = {g: w.get(f"{name}_{g}_peephole", 0) for g in ("input", "forget", "output")}
    kept = sigmoid(forget + p["forget"] * memory) * memory
    memory = kept + sigmoid(update + p["input"] * memory) * np.tanh(content)
    gate = sigmoid(out + p["output"] * memory)
    return (gate * np.tanh(memory) if contrib else np.tanh(gate * memory)), memory


def transcription(
    w,
    x,
    dimensions,
    depth=1,
    priority=True,
    contrib=False,
    tied_depth=False,
    tied=False,
    plain=None,
):
    units = w["input_kernel"].shape[1]
    zero = np.zeros((len(x), units))
    h = {(layer, k): zero for layer in range(depth) for k in range(1, dimensions)}
    m = dict(h)
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        up_h, up_m = x_t @ w["input_kernel"], x_t @ w.get("memory_kernel", w["input_kernel"])
        for layer in range(depth):
            block = f"block_{0 if tied_depth else layer}"
            incoming = [up_h] + [h[layer, k] for k in range(1, dimensions)]
            new_h = []
            for k in range(1, dimensions):
                name = block if tied else f"{block}_time_{k}"
                out, m[layer, k] = transform(w, name, incoming, m[layer, k], contrib)
                new_h.append(out)
            if priority:
                incoming = [up_h, *new_h]
            if plain is None:
                name = block if tied else f"{block}_depth"
                up_h, up_m = transform(w, name, incoming, up_m, contrib)
            else:
                name = f"{block}_depth"
                z = np.concatenate(incoming, axis=1) @ w[f"{name}_kernel"] + w[f"{name}_bias"]
                up_h = plain(z)
            h.update({(layer, k): new_h[k - 1] for k in range(1, dimensions)})
        outputs.append(up_h)
    order = [(layer, k) for layer in range(depth) for k in range(1, dimensions)]
    return np.stack(outputs, 1), *(np.concatenate([s[key] for key in order], 1) for s in (h, m))


def assert_same(got, expected):
    for value, reference in zip((got[0], *got[1]), expected, strict=True):
        np.testing.assert_allclose(value, reference, atol=1e-5)


@pytest.mark.parametrize("dimensions", [2, 3, 4])
@pytest.mark.parametrize(
    ("options", "reference"),
    [
        ({}, {}),
        ({"depth": 3}, {"depth": 3}),
        ({"depth": 2, "priority": False}, {"depth": 2, "priority": False}),
        ({"depth": 2, "variant": "contrib"}, {"depth": 2, "contrib": True}),
        ({"depth": 2, "use_peepholes": True}, {"depth": 2}),
        ({"depth": 3, "tied_depth": True}, {"depth": 3, "tied_depth": True}),
        ({"depth": 2, "tied_dimensions": True}, {"depth": 2, "tied": True}),
        (
            {"depth": 2, "depth_activation": "relu", "use_peepholes": True},
            {"depth": 2, "plain": lambda z: np.maximum(z, 0)},
        ),
        (
            {"depth": 2, "depth_activation": "linear", "tied_dimensions": True},
            {"depth": 2, "plain": lambda z: z, "tied": True},
        ),
    ],
)
def test_is_its_equations(x, run, randomise, dimensions, options, reference):
    cell = GridLSTMNDCell(5, dimensions, **options)
    weights = randomise(cell)
    assert_same(run(cell, x), transcription(weights, x, dimensions, **reference))


@pytest.mark.parametrize("contrib", [False, True])
def test_one_dimension_is_an_lstm_along_time(x, run, randomise, contrib):
    cell = GridLSTMNDCell(5, 1, variant="contrib" if contrib else "paper")
    w = randomise(cell)
    h = m = np.zeros((2, 5))
    outputs = []
    for x_t in x.transpose(1, 0, 2):
        h, m = transform(w, "block_0_time_1", [x_t @ w["input_kernel"], h], m, contrib)
        outputs.append(h)
    assert_same(run(cell, x), (np.stack(outputs, 1), h, m))


@pytest.mark.parametrize(
    ("options", "value", "memories", "outputs", "expected"),
    [
        # testGrid2LSTMCell
        (
            {"use_peepholes": True},
            0.5,
            [0.5, 0.6],
            [0.7, 0.8],
            (0.95686918, [1.38917875, 1.49043763], [0.83884692, 0.86036491]),
        ),
        # testGrid2BasicLSTMCellTied
        (
            {"tied_dimensions": True},
            0.2,
            [0.5, 0.6],
            [0.7, 0.8],
            (0.36617181, [0.72320831, 0.80555487], [0.39102408, 0.42150158]),
        ),
        # testGrid2LSTMCellWithRelu
        (
            {"use_peepholes": True, "depth_activation": "relu"},
            0.5,
            [0.1, 0.2],
            [0.3, 0.4],
            (2.1831727, [0.92270052, 1.02325559], [0.66159075, 0.70475441]),
        ),
        # testGrid3LSTMCell
        (
            {"use_peepholes": True, "dimensions": 3},
            0.5,
            [0.5, 0.6, -0.1, -0.2],
            [0.7, 0.8, -0.3, -0.4],
            (
                0.96892911,
                [1.33592629, 1.4373529, 0.7317788, 0.63205892],
                [0.80867189, 0.83247656, 0.56548983, 0.50446129],
            ),
        ),
    ],
)
def test_gives_the_values_in_contribs_own_tests(options, value, memories, outputs, expected):
    """`grid_rnn_test.py` of TensorFlow 1: every weight the same, and the input 1, 1, 1."""
    cell = GridLSTMNDCell(2, variant="contrib", **options)
    cell.build((None, 3))
    for weight in cell.weights:
        if "bias" not in weight.path:
            weight.assign(np.full(weight.shape, value))
    states = [np.array([outputs], "float32"), np.array([memories], "float32")]
    output, (h, m) = cell(np.ones((1, 3), "float32"), states)
    np.testing.assert_allclose(output, [[expected[0]] * 2], atol=1e-6)
    np.testing.assert_allclose(m, [expected[1]], atol=1e-6)
    np.testing.assert_allclose(h, [expected[2]], atol=1e-6)


def test_sizes_and_weights_are_true():
    cell = GridLSTMNDCell(5, 3, depth=4)
    assert (cell.state_size, cell.output_size) == ([40, 40], 5)
    cell.build((None, 6))
    block = 3 * (15 * 20 + 20)
    assert cell.count_params() == 2 * 6 * 5 + 4 * block
    tied = GridLSTMNDCell(5, 3, depth=4, tied_depth=True, tied_dimensions=True)
    tied.build((None, 6))
    assert tied.count_params() == 2 * 6 * 5 + block / 3


def test_forget_gates_start_where_asked():
    cell = GridLSTMNDCell(2, depth_activation="relu", forget_bias=3.0)
    cell.build((None, 4))
    biases = {w.path.split("/")[-1]: np.asarray(w) for w in cell.weights if "bias" in w.path}
    np.testing.assert_array_equal(biases["block_0_time_1_bias"], [0, 0, 3, 3, 0, 0, 0, 0])
    np.testing.assert_array_equal(biases["block_0_depth_bias"], [0, 0])


@pytest.mark.parametrize("option", ["activation", "recurrent_activation"])
def test_activations_are_used(x, run, randomise, option):
    plain, other = GridLSTMNDCell(4), GridLSTMNDCell(4, **{option: "hard_sigmoid"})
    randomise(plain), randomise(other)
    assert np.abs(run(plain, x)[0] - run(other, x)[0]).max() > 1e-3


@pytest.mark.parametrize(("dimensions", "depth"), [(1, 1), (2, 2), (3, 1)])
def test_runs_in_layers(check_in_layers, dimensions, depth):
    check_in_layers(lambda **options: GridLSTMNDCell(5, dimensions, depth, **options))


@pytest.mark.parametrize("options", [{"depth": 2}, {"depth_activation": "relu"}])
def test_one_dimension_has_no_depth(options):
    with pytest.raises(SeqvisionError, match="with dimensions=1 there is only time"):
        GridLSTMNDCell(5, 1, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"dimensions": 1},
        {"depth": 2, "use_peepholes": True},
        {"dimensions": 3, "depth": 2, "tied_depth": True, "tied_dimensions": True},
        {"depth_activation": "tanh", "variant": "contrib", "priority": False},
    ],
)
def test_gradients(check_gradients, options):
    check_gradients(GridLSTMNDCell(3, dtype="float64", **options))


def test_trains_saves_and_loads_in_a_plain_keras_model(tmp_path):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(32, 7, 8)).astype("float32")
    y = (x[:, :, 2].sum(1) > 0).astype("int32")
    cell = GridLSTMNDCell(6, depth=2, depth_activation="relu", tied_depth=True)
    model = keras.Sequential([keras.Input((7, 8)), keras.layers.RNN(cell), keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    losses = [model.train_on_batch(x, y) for _ in range(25)]  # `fit` waits at its end.
    assert losses[-1] < 0.5 * losses[0]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)
