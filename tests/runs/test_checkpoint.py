"""A checkpoint gives a model back all that it held, or says that it cannot."""

import keras
import numpy as np
import pytest
from keras import ops

from seqvision.runs.checkpoint import restore, save
from seqvision.runs.folders import read_state

IMAGES, LABELS = np.random.default_rng(0).normal(size=(8, 5)).astype("float32"), np.arange(8) % 2


def compiled(units=3):
    layers = [keras.layers.Dense(units), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((5,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.1), loss)
    model.optimizer.build(model.trainable_variables)
    return model


def held(model):
    """Weights, dropout's seed, and the optimizer's step and slots."""
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(ops.convert_to_numpy(each)) for each in variables if "mean/" not in each.path]


@pytest.fixture
def saved(tmp_path):
    """A model that has trained, and its checkpoint."""
    model = compiled()
    model.train_on_batch(IMAGES, LABELS)
    best = [np.arange(3.0), np.eye(2)]
    save(tmp_path / "checkpoint.npz", model, {"epochs": 4}, best)
    return model, best, tmp_path / "checkpoint.npz"


def test_training_goes_on_as_if_it_had_not_stopped(saved):
    model, best, path = saved
    again = compiled()
    state, found = restore(path, again)
    assert state == read_state(path) == {"epochs": 4}
    for one, other in zip(found, best, strict=True):
        np.testing.assert_array_equal(one, other)
    for each in (model, again):
        each.train_on_batch(IMAGES, LABELS)
    for one, other in zip(held(again), held(model), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("size", [None, 0, 1, 500, -1])
def test_a_file_that_is_missing_or_cut_short_changes_nothing(saved, size):
    _, _, path = saved
    content = path.read_bytes()
    path.unlink() if size is None else path.write_bytes(content[:size])
    model = compiled()
    before = held(model)
    assert restore(path, model) is None
    assert read_state(path) == {}
    for one, other in zip(held(model), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_that_of_another_model_changes_nothing(saved):
    _, _, path = saved
    model = compiled(units=4)
    before = held(model)
    assert restore(path, model) is None
    for one, other in zip(held(model), before, strict=True):
        np.testing.assert_array_equal(one, other)
