"""In a run, what moves a mixer's state learns at its own rate and does not decay."""

from functools import cache

import keras
import numpy as np
import pytest

import seqvision

DYNAMICS = {"nu", "theta", "gamma"}


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """How far a step of SGD moves each weight of the mixer, by name."""
    results = tmp_path_factory.mktemp("results")

    def after(rate, learning_rate, weight_decay=0.0, **how):
        optimizer = {"name": "sgd", "learning_rate": learning_rate, "weight_decay": weight_decay}
        config = {
            "name": "one_step",
            "data": {"dataset": "digits", "validation": 0, "training": 100},
            "model": {
                "family": "blocks",
                "mixer": {"name": "lru", "dynamics_rate": rate},
                "scan": "rows",
                "units": 4,
                "depth": 1,
            },
            "train": {"epochs": 1, "batch_size": 2000, "optimizer": optimizer, **how},
        }
        folder = results / seqvision.run(config, results=results)["run_id"]
        block = seqvision.load_model(folder / "model.keras").get_layer("block_1")
        return {w.name: keras.ops.convert_to_numpy(w) for w in block.mixer.weights}

    before = after(1.0, 1e-30)

    @cache
    def run(rate, **how):
        return {name: value - before[name] for name, value in after(rate, 0.5, **how).items()}

    return run


@pytest.mark.slow
def test_it_learns_at_its_share_of_the_rate(moved):
    whole, part = moved(1.0), moved(0.25)
    for name, step in whole.items():
        share = 0.25 if name in DYNAMICS else 1
        assert np.abs(step).max() > 0
        np.testing.assert_allclose(part[name], share * step, rtol=1e-3, atol=1e-6)


def test_layer_decay_comes_on_top(moved):
    whole, part = moved(1.0), moved(0.25, layer_decay=0.5)
    for name in DYNAMICS:  # The head, at 1, is all that comes after the block.
        np.testing.assert_allclose(part[name], 0.125 * whole[name], rtol=1e-3, atol=1e-6)


def test_weight_decay_leaves_it_alone(moved):
    whole, decayed = moved(1.0), moved(1.0, weight_decay=0.5)
    for name, step in whole.items():
        same = np.allclose(decayed[name], step, rtol=1e-3, atol=1e-6)
        assert same == (name in DYNAMICS), name
