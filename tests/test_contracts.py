"""What everything registered must do: a new entry is covered here without a line of its own.

Each family as it is, each cell in the stacked family and each mixer in that of blocks: builds at a
tiny shape, learns a batch it can overfit, saves and loads, and passes gradients to every weight.
"""

import json
from typing import Any, Literal, get_args, get_origin

import keras
import numpy as np
import pytest

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS
from seqvision.families import FAMILIES
from seqvision.mixers import MIXERS
from seqvision.options import ImageSize, PositiveInt, ScanSpec, type_of
from seqvision.scans import SCANS
from seqvision.scans.base import places_of, reading_order
from seqvision.specs import build
from seqvision.zoo import create_model

GENERATOR = np.random.default_rng(0)
LABELS = np.arange(12) % 3
# Each class has a brightness of its own, so that any way of reading can tell it.
NOISE = GENERATOR.integers(0, 100, (12, 6, 6))
IMAGES = (NOISE + 70 * LABELS[:, None, None]).astype("float32")
ONE_BLOCK = {"units": 12, "depth": 1}
MOVING = {"cornn": {"time_step": 0.3}, "unicornn": {"time_step": 0.5, "alpha": 1.0}}
"""Options of cells that are made for hundreds of steps, and hardly move in six."""
SMALL = {"units": [12], "filters": 12, "kernel_sizes": [3, 2], "pooling": "mean"}
FEW = {
    **dict.fromkeys(["blocks", "gmlp", "mlp_mixer", "sequencer", "vit_patches"], ONE_BLOCK),
    "inception_time": {"depth": 1, "residual_every": 1},
    "renet": {"dense": [12]},
    "mdlstm": {"patch_size": 2, "directions": 2},
    "mini_rocket": {"num_features": 84},
}
BUILDS = [
    *[(family, FEW.get(family, {})) for family in FAMILIES.names()],
    *[("blocks", {"mixer": mixer, **ONE_BLOCK}) for mixer in MIXERS.names()],
    *[
        ("stacked", {"cell": {"name": cell, **MOVING[cell]} if cell in MOVING else cell})
        for cell in CELLS.names()
        if cell != "gru"
    ],
    *[("stacked", {"wrap": [wrapper]}) for wrapper in WRAPPERS.names()],
    *[("stacked", {"scan": scan}) for scan in SCANS.names() if scan != "rows"],
]


FEW_OF_EACH = ("lstm", "ntm", "sru", "min_gru", "s4d", "attention", "['residual']", "snake")
"""Cells, mixers, wrappers and scans that run in ways of their own; all others are slow."""


def is_first(build):
    parts = [str(build[1][part]) for part in ("cell", "mixer", "wrap", "scan") if part in build[1]]
    return not parts or not {*FEW_OF_EACH}.isdisjoint(parts)


def name_of(build):
    family, options = build
    return "-".join([family, *(f"{key}-{value}" for key, value in options.items())])


ALL_BUILDS = [
    pytest.param(build, id=name_of(build), marks=[] if is_first(build) else pytest.mark.slow)
    for build in BUILDS
]


@pytest.fixture(params=ALL_BUILDS, scope="module")
def model(request):
    keras.utils.set_random_seed(0)
    family, options = request.param
    known = {parameter.name for parameter in FAMILIES.entry(family).parameters}
    small = {name: value for name, value in SMALL.items() if name in known}
    built = create_model(family, (6, 6), 3, **{**small, **options})
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build(built.trainable_variables)  # Else TensorFlow traces the first step twice.
    built.compile(optimizer, loss)
    return built


def test_every_weight_has_a_gradient(model):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(IMAGES, training=True)))
    gradients = tape.gradient(loss, [w.value for w in model.trainable_weights])
    for weight, gradient in zip(model.trainable_weights, gradients, strict=True):
        assert gradient is not None and np.abs(gradient).max() > 0, weight.path


def test_learns_a_batch_by_heart(model):
    """Down to a fifth of its loss, where more than a readout is trained."""

    # By single batches: `fit` waits for TensorFlow's input pipeline at its end.
    def learn():
        model.reset_metrics()
        return model.train_on_batch(IMAGES, LABELS)

    loss = learn()
    wanted = loss * (0.2 if len(model.trainable_weights) > 2 else 0.6)
    for _ in range(200):
        loss = learn()
        if loss < wanted:
            break
    assert loss < wanted


def test_loads_as_it_was_saved(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded(IMAGES), model(IMAGES), atol=1e-6)


def choices(parameter) -> list[Any]:
    """Values other than the default to try an option of a scan with."""
    kind = type_of(parameter)
    if get_origin(kind) is Literal:
        return [value for value in get_args(kind) if value != parameter.default]
    some = {
        bool: [True],
        ScanSpec: ["hilbert", {"name": "snake", "along": "columns", "reverse": True}],
        PositiveInt | ImageSize: [1, 3, [2, 5]],
    }
    return some.get(kind, [])


OPTIONS_OF_SCANS = [
    {"name": name, **({} if option is None else {option: value})}
    for name in SCANS.names()
    for option, value in [
        (None, None),
        *((p.name, value) for p in SCANS.entry(name).parameters for value in choices(p)),
    ]
]


@pytest.mark.parametrize("spec", OPTIONS_OF_SCANS, ids=json.dumps)
@pytest.mark.parametrize("size", [(4, 3), (1, 1), (5, 9), (16, 16)], ids=str)
def test_what_a_scan_reads_restores_the_image(spec, size):
    images = GENERATOR.integers(0, 256, (2, *size, 3)).astype("float32")
    scan = build(SCANS, spec)
    order, places = reading_order(scan, *size), places_of(scan, *size)
    # The first step to read a pixel is the one that the order says, and no step is without.
    assert all(order.ravel()[places[step]].max() <= step for step in range(len(places)))
    assert {*order.ravel()} <= {*range(len(places))} and order.min() == 0
    sequence = keras.ops.convert_to_numpy(scan(images))
    assert sequence.shape == (2, len(places), places.shape[1] * 3)
    restored = np.full_like(images, np.nan).reshape(2, -1, 3)
    restored[:, places] = sequence.reshape(2, *places.shape, 3)
    np.testing.assert_array_equal(restored.reshape(images.shape), images)


@pytest.mark.parametrize("spec", OPTIONS_OF_SCANS, ids=json.dumps)
def test_a_scan_is_loaded_as_it_was_saved(spec):
    images = GENERATOR.integers(0, 256, (1, 6, 5)).astype("float32")
    scan = build(SCANS, spec)
    again = keras.saving.deserialize_keras_object(
        json.loads(json.dumps(keras.saving.serialize_keras_object(scan)))
    )
    np.testing.assert_array_equal(again(images), scan(images))


@pytest.mark.parametrize(
    "registry", [CELLS, WRAPPERS, MIXERS, FAMILIES, SCANS], ids=lambda r: r.kind
)
def test_each_entry_says_what_it_is(registry):
    for name in registry.names():
        assert len(registry.entry(name).summary) > 10, name
