"""What holds for every wrapper around every kind of cell, alone, nested and in a config."""

from functools import partial
from itertools import product

import keras
import numpy as np
import pytest
from keras import ops
from keras.backend import standardize_dtype

from seqvision import create_model
from seqvision.cells import GRUCell, LayerNormLSTMCell, SRUCell
from seqvision.cells.wrappers import WRAPPERS, DropoutWrapper, ResidualWrapper, ZoneoutWrapper
from seqvision.config import load_config
from seqvision.errors import ConfigError
from seqvision.layers import Recurrent

tf = pytest.importorskip("tensorflow")

NAMES = WRAPPERS.names()
MASK = np.array([[1, 1, 1, 0], [0, 1, 0, 1]], bool)
CELLS = {
    "ours": lambda: LayerNormLSTMCell(5, recurrent_dropout=0.2),
    "linear": lambda: SRUCell(5),
    "keras": lambda: keras.layers.LSTMCell(5, dropout=0.2),
    "keras, one state": lambda: GRUCell(5),
    "wrapped": lambda: ZoneoutWrapper(ResidualWrapper(LayerNormLSTMCell(5))),
}


AROUND = list(product(NAMES, CELLS))
"""Every wrapper around every kind of cell."""

OPTIONS = [{}, {"return_sequences": True, "go_backwards": True}, {"return_state": True}]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("name", "within"), AROUND)
def test_recurrent_is_keras_rnn(x, within, name, masked):
    options = OPTIONS[(AROUND.index((name, within)) + masked) % len(OPTIONS)]  # Each in turn.
    mask, inner = MASK if masked else None, CELLS[within]()
    if keras.backend.backend() == "jax" and mask is not None:
        # There, Keras takes the first state for the last output where a step is masked.
        options = {**options, "zero_output_for_mask": True}
        mask = mask if options.get("return_sequences") else None
    cell = WRAPPERS.get(name)(inner)
    ours, theirs = Recurrent(cell, **options), keras.layers.RNN(cell, **options)
    got, expected = ours(x, mask=mask), theirs(x, mask=mask)
    for a, b in zip(keras.tree.flatten(got), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize(("name", "within"), AROUND)
def test_saves_and_loads_with_every_argument(x, within, name, tmp_path):
    layer = keras.layers.RNN if within == "ours" else Recurrent
    cell = WRAPPERS.get(name)(CELLS[within]())
    model = keras.Sequential([keras.Input(x.shape[1:]), layer(cell)])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)
    configs = [c.get_config() for c in (loaded.layers[0].cell, cell)]
    inner_configs = [c.pop("cell")["config"] for c in configs]
    assert configs[0] == configs[1]
    assert inner_configs[0].keys() == inner_configs[1].keys()


@pytest.mark.parametrize("name", NAMES)
def test_trains_in_half_precision(x, name):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        cell = WRAPPERS.get(name)(CELLS["ours"]())
        outputs = Recurrent(cell)(x, training=True)
        assert (
            standardize_dtype(outputs.dtype) == "bfloat16"
            and np.isfinite(ops.cast(outputs, "float32")).all()
        )
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("name", NAMES)
def test_computes_as_the_cell_within(name):
    cell = WRAPPERS.get(name)(LayerNormLSTMCell(3, dtype="float64"))
    assert cell.compute_dtype == "float64"
    double = Recurrent(cell, dtype="float64")(np.ones((2, 4, 6)))
    assert standardize_dtype(double.dtype) == "float64"


@pytest.mark.tensorflow
def test_what_a_cell_does_before_the_loop_stays_there(x, monkeypatch):
    """The loop around a wrapped cell holds the one product with the state, and no other."""
    from seqvision.layers.engine import graph

    monkeypatch.setattr(graph, "UNROLLED_UP_TO", 0)
    cell = DropoutWrapper(ResidualWrapper(ZoneoutWrapper(LayerNormLSTMCell(5))), 0.1, 0.1, 0.1)
    graphs = []
    for layer in (Recurrent(cell), keras.layers.RNN(cell)):
        layer.build(x.shape)
        function = tf.function(partial(layer, training=True)).get_concrete_function(x)
        functions = function.graph.as_graph_def().library.function
        loop = [f for f in functions if "body" in f.signature.name]
        graphs.append(sum(node.op == "MatMul" for f in loop for node in f.node_def))
    assert graphs == [1, 3]


def test_first_is_innermost():
    model = create_model(
        "stacked", (6, 5), 3, cell="ugrnn", units=[4], wrap=["dropout", "residual"]
    )
    cell = model.get_layer("recurrent_1").cell
    assert type(cell) is ResidualWrapper and type(cell.cell) is DropoutWrapper


@pytest.mark.parametrize("family", ["stacked", "bidirectional", "multi_scan"])
def test_every_layer_of_every_family_is_wrapped(family):
    wrap = [{"name": "zoneout", "rate": 0.4}, "residual"]
    plain, wrapped = (
        create_model(family, (6, 5), 3, cell="lstm", units=[4, 7], wrap=w) for w in ([], wrap)
    )
    more = wrapped.count_params() - plain.count_params()
    ways = {"stacked": 1, "bidirectional": 2, "multi_scan": 2}[family]
    seen = {"stacked": 4, "bidirectional": 8, "multi_scan": 4}[family]  # By the second layer.
    features = (6 + 5) if family == "multi_scan" else 5 * ways
    assert more == 4 * features + ways * 7 * seen
    layers = [layer for layer in wrapped._flatten_layers() if isinstance(layer, ZoneoutWrapper)]
    assert len(layers) == 2 * ways and {layer.rate for layer in layers} == {0.4}


CONFIG = """\
name: mine
data: {dataset: digits}
model:
  family: stacked
  cell: gru
  wrap:
    - dropout
    - {name: zoneout, rate: 0.2}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("- dropout", "- dropuot", "7:7", "unknown wrapper 'dropuot'; did you mean 'dropout'?"),
        ("rate: 0.2", "rat: 0.2", "8:23", "'zoneout' has no option 'rat'; did you mean 'rate'?"),
        ("rate: 0.2", "rate: 2.0", "8:23", "model.wrap.1.rate: should be less than 1, got 2.0"),
        ("rate: 0.2", "cell: gru", "8:23", "'zoneout' has no option 'cell'"),
        ("- dropout", "- 3", "7:7", "expected the name of a wrapper"),
    ],
)
def test_a_mistake_in_a_config_is_told_where_and_why(tmp_path, old, new, place, message):
    path = tmp_path / "mine.yaml"
    path.write_text(CONFIG)
    wrap = load_config(path).model["wrap"]
    assert wrap == ["dropout", {"name": "zoneout", "rate": 0.2}]
    path.write_text(CONFIG.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}:{place}: "), caught.value
    assert message in str(caught.value)
