"""What a model says of a series, and learns from it, is the same whatever the series stands beside.

Each family, cell, wrapper, mixer, pooling, scan and input, and each of their options that is a
choice, is tried as registered: a new one is covered here without a line of its own.
"""

from itertools import product
from typing import Literal, get_args, get_origin

import keras
import numpy as np
import pytest
from keras import ops
from slow import all_but

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.inputs import INPUTS
from seqvision.mixers import MIXERS
from seqvision.options import type_of
from seqvision.scans import SCANS
from seqvision.zoo import create_model

FEATURES = 6
LABELS = np.array([0, 1, 2, 1], "int32")
BACKWARDS = {"name": "rows", "reverse": True}
SMALL = {"filters": 4, "kernel_sizes": [5, 2]}
# The only options without which a family does not read series, or is not built to say that it does
# not, and as few blocks as can be.
NEEDED = {
    **{family: {"units": 4} for family in ("gmlp", "mlp_mixer", "vit_patches")},
    "multi_scan": {"scans": ["rows", BACKWARDS]},
    "blocks": {"scan": "rows", "mixer": "min_gru", "units": 4, "depth": 2},
    "conv_rnn": {"filters": [4, 4]},
    "inception_time": {"depth": 2, "residual_every": 1},
    "lstm_fcn": {"steps": 9, "units": 4, "kernel_sizes": [2]},
    "mini_rocket": {"steps": 20, "num_features": 252},
}
SERIES_INPUTS = [name for name in INPUTS.names() if INPUTS.entry(name).card["kind"] == "series"]


def choices(entry):
    """Each option that is a choice, with each value that is not its default."""
    for parameter in entry.parameters:
        kind = type_of(parameter)
        values = get_args(kind) if get_origin(kind) is Literal else ()
        for value in (False, True) if kind is bool else values:
            if value != parameter.default:
                yield {parameter.name: value}


def reads_series(family):
    try:
        build(family)
    except SeqvisionError:
        return False
    return True


def build(family, **options):
    keras.utils.set_random_seed(1)
    # Two layers of one size, of which the second reads what the first masked. Pooling reads one.
    units = [4] if "pooling" in options else [4, 4]
    known = {parameter.name for parameter in FAMILIES.entry(family).parameters}
    small = {key: value for key, value in {"units": units, **SMALL}.items() if key in known}
    options = {**small, **NEEDED.get(family, {}), **options}
    return create_model(family, (None, FEATURES), 3, **options)


CHEAPER = {"mlstm": {"name": "mlstm", "conv_width": 2}}
"""Mixers with options by which their graphs are smaller."""
FAMILIES_OF_SERIES = list(filter(reads_series, FAMILIES.names()))
BUILDS = [
    *[(f, o) for f in FAMILIES_OF_SERIES for o in ({}, *choices(FAMILIES.entry(f)))],
    *[("stacked", {"cell": cell, "units": 4}) for cell in CELLS.names() if cell != "gru"],
    *[("stacked", {"wrap": [wrapper], "units": 4}) for wrapper in WRAPPERS.names()],
    *[("blocks", {"mixer": CHEAPER.get(mixer, mixer), "depth": 1}) for mixer in MIXERS.names()],
    # One cell of each way to run: PyTorch's kernels, any engine's, Keras's loop, and no loop.
    *[("bidirectional", {"cell": c, "units": 4}) for c in ("lstm", "peephole_lstm", "ntm", "sru")],
    ("stacked", {"scan": BACKWARDS, "units": 4}),
    *[
        ("stacked", {"input": {"name": name, "max_steps": 3, **option}, "units": 4})
        for name in SERIES_INPUTS
        for option in choices(INPUTS.entry(name))
    ],
]


def series():
    """Series of unequal length with gaps, the last step of each observed."""
    generator = np.random.default_rng(0)
    made = []
    for length in (7, 1, 4, 6):
        one = generator.normal(3, 2, (length, FEATURES)).astype("float32")
        one[generator.random(one.shape) < 0.3] = np.nan
        one[-1, 0] = 1
        made.append(one)
    return made


SERIES = series()


def padded(some, steps):
    batch = np.full((len(some), steps, FEATURES), np.nan, "float32")
    for row, one in zip(batch, some, strict=True):
        row[: len(one)] = one
    return batch


def outcome_of(model, gradients_of, eagerly=False):
    """From a batch and labels to logits, mean loss and gradients: as in training."""
    if any(isinstance(layer, keras.layers.BatchNormalization) for layer in model.layers):
        return traced(model, gradients_of, False, eagerly)  # tests/families/test_convolutions.py
    outcome = traced(model, gradients_of, True, eagerly)
    before = moved_by_training(model)
    outcome(padded(SERIES[:1], 7), LABELS[:1])
    # Unless that draws random numbers, of which a longer batch draws more, or takes statistics of
    # the batch.
    same = moved_by_training(model) == before
    return outcome if same else traced(model, gradients_of, False, eagerly)


def moved_by_training(model):
    moved = [variable for variable in model.variables if not variable.trainable]
    return [ops.convert_to_numpy(variable).tolist() for variable in moved]


def has_no_loop(family, options):
    """Whether to take one operation after the other, which then takes a third of the time.

    Of the mixers and linear cells one of each way to read many steps at once is traced.
    """
    if family == "blocks":
        return options.get("mixer") not in ("min_gru", "lru", "s4d", "mamba", "retention")
    return family == "bidirectional" and options.get("cell") == "sru"


def traced(model, gradients_of, training, eagerly):
    """The same in training or not; on TensorFlow traced once, for any number of steps."""
    mean_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        from seqvision.layers.engine import shards

        def outcome(batch, labels):
            with tf.GradientTape() as tape:
                logits = model(batch, training=training)
                loss = mean_loss(labels, logits)
            variables = [variable.value for variable in model.trainable_variables]
            return logits, loss, tape.gradient(loss, variables)

        if not eagerly:
            any_steps = tf.TensorSpec((None, None, FEATURES)), tf.TensorSpec((None,), "int32")
            outcome = tf.function(outcome, input_signature=any_steps, autograph=False)
            shards.choose(1)  # Each is traced; tests/layers has them with masks.
            outcome.get_concrete_function()
            shards.choose(None)

    else:

        def outcome(batch, labels):
            def loss():
                return mean_loss(labels, model(batch, training=training))

            logits, gradients = model(batch), gradients_of(loss, model.trainable_variables)
            return logits, mean_loss(labels, logits), gradients

    return lambda *given: keras.tree.map_structure(ops.convert_to_numpy, outcome(*given))


def with_random_weights(model):
    """The model with weights, biases and statistics that are far from what they begin with."""
    generator = np.random.default_rng(2)
    for variable in model.variables:
        if "seed" not in variable.path:
            value = ops.convert_to_numpy(variable)
            variable.assign(value + generator.normal(0, 0.3, value.shape))
    return model


ONE_OF_EACH_WAY = ("lstm", "min_gru", "lru", "s4d", "attention")


def is_first(build):
    """Whether it is a family as it comes, or the first to run its way; the others are slow."""
    _, options = build
    return not options or not {*ONE_OF_EACH_WAY}.isdisjoint(map(str, options.values()))


def name_of(build):
    family, options = build
    return "-".join([family, *(f"{key}-{value}" for key, value in options.items())])


def assert_same(found, expected):
    (logits, *rest), (others, *other_rest) = found, expected
    scale = max(1, np.abs(others).max())
    np.testing.assert_allclose(logits / scale, others / scale, atol=1e-5)
    for value, other in zip(*map(keras.tree.flatten, (rest, other_rest)), strict=True):
        scale = max(1, np.abs(other).max())  # A gradient through a norm may be far above 1.
        np.testing.assert_allclose(value / scale, other / scale, atol=2e-5)


@pytest.mark.parametrize(
    ("family", "options"),
    [
        pytest.param(*build, id=name_of(build), marks=[] if is_first(build) else pytest.mark.slow)
        for build in BUILDS
    ],
)
def test_alone_in_a_batch_and_with_more_padding(family, options, gradients_of):
    model = with_random_weights(build(family, **options))
    outcome = outcome_of(model, gradients_of, has_no_loop(family, options))
    batch = outcome(padded(SERIES, 7), LABELS)
    logits = batch[0]
    assert np.abs(logits - logits[:1])[1:].max(axis=1).min() > 5e-5  # It does tell them apart.
    assert_same(outcome(padded(SERIES, 57), LABELS), batch)
    alone = [outcome(one[None], LABELS[n : n + 1]) for n, one in enumerate(SERIES)]
    said, *rest = zip(*alone, strict=True)
    mean = [keras.tree.map_structure(lambda *each: sum(each) / len(each), *part) for part in rest]
    assert_same([np.concatenate(said), *mean], batch)


@pytest.mark.parametrize("cell", ["gru", "lstm", "simple_rnn"])
def test_the_same_without_native_kernels(cell, gradients_of, monkeypatch):
    monkeypatch.setenv("SEQVISION_NATIVE", "0")
    options = {"cell": cell, "units": 4}
    test_alone_in_a_batch_and_with_more_padding("stacked", options, gradients_of)


@pytest.mark.parametrize(
    ("family", "cell"),
    all_but(
        [("stacked", "sru"), ("stacked", "ntm"), ("bidirectional", "lstm")],
        product(
            ["stacked", "bidirectional"],
            ["gru", "lstm", "simple_rnn", "peephole_lstm", "sru", "ntm"],
        ),
    ),
)
def test_where_the_number_of_steps_is_known_and_few_enough_to_unroll(family, cell):
    model = with_random_weights(build(family, cell=cell, units=4))
    expected = ops.convert_to_numpy(model(padded(SERIES, 7)))
    longer = ops.convert_to_numpy(model(padded(SERIES, 20)))
    np.testing.assert_allclose(longer, expected, atol=1e-5)
    alone = np.concatenate([ops.convert_to_numpy(model(one[None])) for one in SERIES])
    np.testing.assert_allclose(alone, expected, atol=1e-5)


@pytest.mark.parametrize("name", SERIES_INPUTS)
@pytest.mark.slow
def test_every_combination_of_what_an_input_does(name):
    options = {}
    for option in choices(INPUTS.entry(name)):
        for key, value in option.items():
            default = next(p.default for p in INPUTS.entry(name).parameters if p.name == key)
            options.setdefault(key, [default]).append(value)
    for values in product(*options.values()):
        for max_steps in (None, 3):
            chosen = {**dict(zip(options, values, strict=True)), "max_steps": max_steps}
            raw, sequence = INPUTS.get(name)((None, FEATURES), **chosen)
            layer = with_random_weights(keras.Model(raw, sequence)).layers[-1]

            def read(batch, layer=layer):
                found = layer(batch), layer.compute_mask(ops.convert_to_tensor(batch))
                return map(ops.convert_to_numpy, found)

            found, mask = read(padded(SERIES, 7))
            longer, longer_mask = read(padded(SERIES, 57))
            end = found.shape[1]
            np.testing.assert_array_equal(longer_mask[:, :end], mask)
            assert not longer_mask[:, end:].any()
            np.testing.assert_allclose(longer[:, :end], found, atol=1e-6, err_msg=str(chosen))
            alone, _ = read(SERIES[2][None])
            shown = found[2:3, : alone.shape[1]]
            np.testing.assert_allclose(alone, shown, atol=1e-6, err_msg=str(chosen))


def test_what_cannot_read_series_says_so_in_one_sentence():
    for family in set(FAMILIES.names()) - set(FAMILIES_OF_SERIES):
        with pytest.raises(SeqvisionError, match=r"^[^.]*series[^.]*$"):
            build(family)
    for scan in SCANS.names():
        if not SCANS.get(scan).keeps_steps:
            with pytest.raises(SeqvisionError, match=r"^[^.]*reads images[^.]*$"):
                build("stacked", scan=scan)
