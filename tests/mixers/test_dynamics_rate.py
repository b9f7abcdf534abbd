"""In a run, what moves a mixer's state learns at its own rate and does not decay."""

import keras
import numpy as np
import pytest

import seqvision

DYNAMICS = {"nu", "theta", "gamma"}


@pytest.fixture
def moved(tmp_path):
    """How far a step of SGD moves each weight of the mixer, by name."""

    def run(rate=1.0, **how):
        config = {
            "name": "one_step",
            "data": {"dataset": "digits", "validation": 0},
            "model": {
                "family": "blocks",
                "mixer": {"name": "lru", "dynamics_rate": rate},
                "scan": "rows",
                "units": 4,
                "depth": 1,
            },
            "train": {
                "epochs": 1,
                "batch_size": 2000,
                "optimizer": {"name": "sgd", "learning_rate": 0.5, **how.pop("optimizer", {})},
                **how,
            },
        }
        results = tmp_path / str(len(list(tmp_path.iterdir())))
        after = seqvision.run(config, results=results)["run_id"]
        keras.utils.set_random_seed(0)
        still = {**config, "train": {**config["train"], "optimizer": {"learning_rate": 1e-30}}}
        before = seqvision.run(still, results=results)["run_id"]
        values = [weights(results / each) for each in (before, after)]
        return {name: values[1][name] - values[0][name] for name in values[0]}

    def weights(folder):
        block = seqvision.load_model(folder / "model.keras").get_layer("block_1")
        return {w.name: keras.ops.convert_to_numpy(w) for w in block.mixer.weights}

    return run


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
    whole, decayed = moved(1.0), moved(1.0, optimizer={"weight_decay": 0.5})
    for name, step in whole.items():
        same = np.allclose(decayed[name], step, rtol=1e-3, atol=1e-6)
        assert same == (name in DYNAMICS), name
