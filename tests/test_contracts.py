"""What everything registered must do: a new entry is covered here without a line of its own.

Each family with a GRU, and each cell in the stacked family: builds at a tiny shape, learns a batch
it can overfit, saves and loads, and passes gradients to every weight.
"""

import keras
import numpy as np
import pytest

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS
from seqvision.families import FAMILIES
from seqvision.scans import SCANS
from seqvision.scans.base import reading_order
from seqvision.zoo import create_model

GENERATOR = np.random.default_rng(0)
pytestmark = pytest.mark.usefixtures("graphs_as_traced")
LABELS = np.arange(12) % 3
# Each class has a brightness of its own, so that any way of reading can tell it.
NOISE = GENERATOR.integers(0, 100, (12, 6, 6))
IMAGES = (NOISE + 70 * LABELS[:, None, None]).astype("float32")
BUILDS = [
    *[(family, {}) for family in FAMILIES.names()],
    *[("stacked", {"cell": cell}) for cell in CELLS.names() if cell != "gru"],
    *[("stacked", {"wrap": [wrapper]}) for wrapper in WRAPPERS.names()],
    *[("stacked", {"scan": scan}) for scan in SCANS.names() if scan != "rows"],
]


def name_of(build):
    family, options = build
    return "-".join([family, *(f"{key}-{value}" for key, value in options.items())])


@pytest.fixture(params=BUILDS, ids=name_of, scope="module")
def model(request):
    keras.utils.set_random_seed(0)
    family, options = request.param
    built = create_model(family, (6, 6), 3, units=[12], pooling="mean", **options)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    built.compile(keras.optimizers.Adam(0.02), loss)
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


@pytest.mark.parametrize("name", SCANS.names())
def test_a_scan_reads_every_pixel(name):
    order = reading_order(SCANS.get(name)(), 4, 3)
    assert order.min() == 0
    assert set(order.ravel()) == set(range(order.max() + 1))


@pytest.mark.parametrize("registry", [CELLS, WRAPPERS, FAMILIES, SCANS], ids=lambda r: r.kind)
def test_each_entry_says_what_it_is(registry):
    for name in registry.names():
        assert len(registry.entry(name).summary) > 10, name
