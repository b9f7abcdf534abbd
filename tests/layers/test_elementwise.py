"""The engine's run of cells with elementwise steps gives Keras's numbers and gradients."""

import functools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops
from slow import all_but

from seqvision import cells, layers
from seqvision.cells import wrappers
from seqvision.cells.base import CellLayer
from seqvision.cells.primitives import times
from seqvision.cells.protocol import Cell, is_elementwise
from seqvision.errors import SeqvisionError

if keras.backend.backend() != "tensorflow":
    pytest.skip("needs Keras on TensorFlow", allow_module_level=True)
import tensorflow as tf

from seqvision.layers.engine import graph, shards

SMALL = {"projection": 4}
CASES = {
    "peephole": lambda: cells.PeepholeLSTMCell(6),
    "clipped": lambda: cells.PeepholeLSTMCell(6, cell_clip=0.5, projection_clip=0.3, **SMALL),
    "coupled": lambda: cells.CoupledLSTMCell(6, use_peepholes=True, **SMALL),
    "weight norm": lambda: cells.WeightNormLSTMCell(6, use_peepholes=True, **SMALL),
    "grouped": lambda: cells.GroupedLSTMCell(6, groups=2, **SMALL),
    "layer norm": lambda: cells.LayerNormLSTMCell(6, use_peepholes=True),
    "layer norm, separate": lambda: cells.LayerNormLSTMCell(6, variant="separate", **SMALL),
    "layer norm, joint": lambda: cells.LayerNormLSTMCell(6, variant="joint", cell_clip=0.8),
    "layer norm gru": lambda: cells.LayerNormGRUCell(6),
    "layer norm gru, joint": lambda: cells.LayerNormGRUCell(6, variant="joint"),
    "phased": lambda: cells.PhasedLSTMCell(6, ratio_on=0.6),
    "cfc, timed": lambda: cells.CfCCell(6, time_feature=0, backbone_units=5, backbone_layers=2),
    "phased, timed": lambda: cells.PhasedLSTMCell(6, time_feature=0, ratio_on=0.6),
    "ugrnn": lambda: cells.UGRNNCell(6),
    "intersection": lambda: cells.IntersectionRNNCell(6),
    "nas": lambda: cells.NASCell(6, use_bias=True, **SMALL),
    "minimal": lambda: cells.MinimalRNNCell(6),
    "chaos free": lambda: cells.ChaosFreeCell(6),
    "indrnn": lambda: cells.IndRNNCell(6),
    "indy gru": lambda: cells.IndyGRUCell(6),
    "indy lstm": lambda: cells.IndyLSTMCell(6),
    "echo state": lambda: cells.EchoStateCell(6),
    "zoneout": lambda: wrappers.ZoneoutWrapper(cells.UGRNNCell(6), rate=0.3),
    "dropout": lambda: wrappers.DropoutWrapper(cells.UGRNNCell(6), state_rate=0.3),
    "highway": lambda: wrappers.HighwayWrapper(cells.PeepholeLSTMCell(6)),
    "residual": lambda: wrappers.ResidualWrapper(cells.UGRNNCell(5)),
    "output projection": lambda: wrappers.OutputProjectionWrapper(cells.UGRNNCell(6), 4, "tanh"),
}

OF_OTHERS = [
    name
    for name in cells.CELLS.names()
    if issubclass(cells.CELLS.get(name), Cell)
    and is_elementwise(cells.CELLS.get(name)(6))
    and not any(isinstance(make(), cells.CELLS.get(name)) for make in CASES.values())
]
"""Cells that say they are elementwise and are not in the list: added since."""
CASES |= {name: functools.partial(cells.CELLS.get(name), 6) for name in OF_OTHERS}


@pytest.fixture(autouse=True)
def two_shards_and_the_same_weights():
    keras.utils.set_random_seed(0)
    shards.choose(2)
    yield
    shards.choose(None)


def built(name, features=6, seed=0):
    """A cell with random weights."""
    cell = CASES[name]()
    cell.build((None, features))
    generator = np.random.default_rng(seed)
    for weight in cell.trainable_weights:
        weight.assign(weight + generator.normal(0, 0.3, weight.shape))
    return cell


def inputs(batch, time, features=6, seed=1):
    return tf.constant(np.random.default_rng(seed).normal(size=(batch, time, features)), tf.float32)


def outputs_and_gradients(layer, x, states=(), mask=None):
    """What a layer returns, and the gradients by input, states and weights."""
    weights = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        outs = layer(x, mask=mask, initial_state=list(states) or None)
        loss = sum(tf.reduce_sum(tf.sin(3 * out)) for out in tf.nest.flatten(outs))
    return outs, tape.gradient(loss, [x, *states, *weights])


def in_a_graph(layer, x, states=(), mask=None, **options):
    """The same as Keras trains, within a strategy's `run`: the batch is cut in shards.

    What it is held to is the same layer of Keras's outside a graph, which takes a tenth of the time
    of one within.
    """
    run = tf.distribute.get_strategy().run

    def call(x, *states):
        return run(outputs_and_gradients, (layer, x, states, mask))

    return tf.function(call, autograph=False, **options)(x, *states)


def assert_same(mine, expected, tolerance=1e-5):
    for got, wanted in zip(*map(tf.nest.flatten, (mine[0], expected[0])), strict=True):
        np.testing.assert_allclose(got, wanted, atol=tolerance)
    for got, wanted in zip(mine[1], expected[1], strict=True):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(got, wanted, atol=10 * tolerance * max(scale, 0.1))


ONE_OF_A_KIND = ["peephole", "layer norm gru", "phased", "echo state", "dropout", "residual"]
"""Of the kinds of steps. A mask is the engine's, and of the masked the first row is observed."""


@pytest.mark.parametrize(
    ("masked", "name"),
    all_but(
        [(True, name) for name in ONE_OF_A_KIND],
        [*((False, name) for name in ONE_OF_A_KIND), *((True, name) for name in CASES)],
    ),
)
def test_numbers_and_gradients_are_kerass(name, masked):
    # Each shard is traced, and each step: both are the engine's, whatever the cell.
    shards.choose(2 if masked and name in ONE_OF_A_KIND else 1)
    cell = built(name)
    x = inputs(4, 4)
    mask = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
    options = {"return_sequences": True, "return_state": True, "go_backwards": masked}
    options["zero_output_for_mask"] = name in ("peephole", "intersection")
    ours, theirs = layers.Recurrent(cell, **options), keras.layers.RNN(cell, **options)
    call = {"mask": mask} if masked else {}
    assert_same(in_a_graph(ours, x, **call), outputs_and_gradients(theirs, x, **call))
    assert ours.path == "engine: unrolled"


@pytest.mark.parametrize(
    ("name", "compiled", "masked"),
    all_but(
        [("peephole", False, True), ("phased", False, False)],
        [  # Each pair of two of them.
            *[(name, False, True) for name in ("peephole", "layer norm")],
            *[(name, False, False) for name in ("phased", "indrnn", "intersection")],
            ("layer norm", True, False),  # XLA takes seconds; it has the operations of the others.
            ("phased", True, True),
        ],
    ),
)
def test_in_a_while_loop_and_compiled(name, compiled, masked, monkeypatch):
    monkeypatch.setattr(graph, "UNROLLED_UP_TO", 3)
    shards.choose(1 if compiled else 2)  # Each takes XLA seconds.
    cell = built(name)
    x = inputs(3, 5)
    call = {"mask": np.arange(15).reshape(3, 5) % 3 > 0} if masked else {}
    ours = layers.Recurrent(cell, return_sequences=True)
    mine = in_a_graph(ours, x, jit_compile=compiled, **call)
    theirs = keras.layers.RNN(cell, return_sequences=True)
    assert_same(mine, outputs_and_gradients(theirs, x, **call))
    assert ours.path == "engine: while loop"


@given(batch=st.integers(1, 5), time=st.integers(1, 4), seed=st.integers(0, 99))
@settings(max_examples=5, deadline=None)
@pytest.mark.parametrize("name", all_but(["clipped"], ["clipped", "layer norm, joint"]))
def test_any_shape_from_any_state(name, batch, time, seed):
    cell = built(name, seed=seed)
    x = inputs(batch, time, seed=seed)
    generator = np.random.default_rng(seed)
    states = [
        tf.constant(generator.normal(size=(batch, size)), tf.float32) for size in cell.state_size
    ]
    mine = in_a_graph(layers.Recurrent(cell), x, states)
    assert_same(mine, outputs_and_gradients(keras.layers.RNN(cell), x, states))


def test_batch_and_time_that_are_not_known():
    cell = built("layer norm")
    ours, theirs = layers.Recurrent(cell), keras.layers.RNN(cell)
    spec = tf.TensorSpec((None, None, 6))
    for shape in ((3, 4), (2, 7)):
        x = inputs(*shape)
        mine = in_a_graph(ours, x, input_signature=[spec])
        assert_same(mine, outputs_and_gradients(theirs, x))
    assert ours.path == "engine: while loop"


@pytest.mark.parametrize("name", ["peephole", "layer norm gru", "weight norm"])
def test_half_precision(name):
    shards.choose(1)
    exact = built(name)
    half = type(exact).from_config({**exact.get_config(), "dtype": "mixed_bfloat16"})
    half.build((None, 6))
    half.set_weights(exact.get_weights())
    outs = [
        in_a_graph(layers.Recurrent(cell, dtype=cell.dtype_policy), inputs(4, 6))
        for cell in (exact, half)
    ]
    assert outs[1][0].dtype == tf.bfloat16
    for got, wanted in zip([outs[1][0], *outs[1][1]], [outs[0][0], *outs[0][1]], strict=True):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(tf.cast(got, tf.float32), wanted, atol=0.1 * scale)


def test_later_calls_outside_a_graph_trace_nothing_anew(monkeypatch):
    steps = []
    step = cells.UGRNNCell.step
    monkeypatch.setattr(
        cells.UGRNNCell, "step", lambda self, *given: steps.append(0) or step(self, *given)
    )
    layer = layers.Recurrent(built("ugrnn"))
    x = inputs(4, 6)
    first = layer(x)
    traced = len(steps)
    assert traced
    np.testing.assert_array_equal(layer(x), first)
    assert len(steps) == traced


def test_a_stateful_layer_goes_on_where_it_stopped():
    cell = built("layer norm")
    ours, whole = layers.Recurrent(cell, stateful=True), keras.layers.RNN(cell)
    x = inputs(2, 6)
    ours(x[:, :4])
    np.testing.assert_allclose(ours(x[:, 4:]), whole(x), atol=1e-5)
    ours.reset_state()
    np.testing.assert_allclose(ours(x[:, :2]), whole(x[:, :2]), atol=1e-5)
    assert ours.path == "engine: unrolled"


def test_an_exported_model_computes_the_same(tmp_path):
    model = keras.Sequential([keras.Input((5, 6)), layers.Recurrent(built("peephole"))])
    model.export(tmp_path / "exported", verbose=False)
    x = inputs(2, 5)
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.serve(x), model(x), atol=1e-6)


def test_what_is_drawn_reaches_the_gradient():
    wrapped = wrappers.ZoneoutWrapper(built("ugrnn"), rate=1.0, seed=0)
    layer = layers.Recurrent(wrapped)
    x = inputs(4, 6)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = layer(x, training=True)
    assert np.abs(out).max() == 0  # Every unit stays what it was, zero, ...
    assert np.abs(tape.gradient(out, x)).max() == 0  # ... whatever the input.
    assert layer.path == "engine: unrolled"


def test_a_subclass_with_a_step_of_its_own_is_on_its_own():
    class Mixed(cells.UGRNNCell):
        def step(self, projected, states, training=False):
            return super().step(projected, [ops.flip(states[0], axis=-1)], training)

    cell = Mixed(6)
    ours, theirs = layers.Recurrent(cell), keras.layers.RNN(cell)
    x = inputs(2, 4)
    assert_same(in_a_graph(ours, x), outputs_and_gradients(theirs, x))
    assert ours.path == "keras's loop: the cell's steps are not elementwise"


@pytest.mark.parametrize("wrap", [lambda cell: cell, wrappers.ResidualWrapper])
def test_an_activation_that_mixes_units_is_left_to_keras(wrap):
    cell = wrap(cells.UGRNNCell(6, activation="softmax"))
    ours, theirs = layers.Recurrent(cell), keras.layers.RNN(cell)
    x = inputs(2, 4)
    assert_same(in_a_graph(ours, x), outputs_and_gradients(theirs, x))
    assert ours.path == "keras's loop: the cell's steps are not elementwise"


def test_a_cell_that_is_not_what_it_says_is_told_so():
    class Narrow(CellLayer):
        elementwise = True
        state_size, output_size = 4, 6

        def build(self, input_shape):
            self.kernel = self.add_weight((6, 4), "glorot_uniform")

        def project(self, sequence, training=False):
            return sequence

        def step(self, projected, states, training=False):
            both = projected + ops.concatenate([states[0], states[0][:, :2]], axis=-1)
            return both, [times(both, self.kernel)]

    layer = layers.Recurrent(Narrow())
    with pytest.raises(SeqvisionError, match="says that its step is elementwise, but 6 of its"):
        in_a_graph(layer, inputs(2, 4, features=6))
