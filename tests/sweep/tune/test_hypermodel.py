"""The config's models in keras-tuner's own tuner."""

from typing import ClassVar

import keras
import keras_tuner as kt
import numpy as np
import pytest

import seqvision
from seqvision.data import load

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 200},
    "model": {"family": "stacked", "units": [4]},
    "train": {"epochs": 2, "batch_size": 128, "optimizer": {"name": "adam"}},
    "tune": {
        "space": {
            "model.cell": {"choice": ["gru", "lstm"]},
            "model.units": {"choice": [[4], [6, 6]]},
            "model.dropout": {"float": [0.1, 0.5], "when": {"model.cell": "lstm"}},
            "train.optimizer.learning_rate": {"float": [1e-3, 1e-1], "log": True},
        }
    },
}


@pytest.mark.slow
def test_random_search_tunes_it(tmp_path):
    """It searches the whole space, trains as the config says, and gives back a model of the zoo."""
    images = load("digits").train
    model = seqvision.hypermodel(CONFIG)
    tuner = kt.RandomSearch(
        model, objective="val_accuracy", max_trials=3, seed=1, directory=tmp_path, project_name="x"
    )
    half = len(images) // 2
    training = images.samples[:half], images.labels[:half]
    validation = images.samples[half:], images.labels[half:]

    class Epochs(keras.callbacks.Callback):
        ended: ClassVar[list[int]] = []  # of the class: the tuner copies its callbacks

        def on_epoch_end(self, epoch, logs=None):
            self.ended.append(epoch)

    tuner.search(*training, validation_data=validation, verbose=0, callbacks=[Epochs()])
    trials = tuner.oracle.trials.values()
    assert len(trials) == 3 and all(trial.status == "COMPLETED" for trial in trials)
    spaces = [trial.hyperparameters for trial in trials]
    assert {tuple(hp.name for hp in space.space) for space in spaces} == {
        tuple(CONFIG["tune"]["space"])
    }
    assert all(("model.dropout" in s.values) == (s.values["model.cell"] == "lstm") for s in spaces)
    assert Epochs.ended == [0, 1] * 3  # two epochs a trial, as in the config
    (best,) = tuner.get_best_hyperparameters()
    built = model.build(best)
    rate = float(np.asarray(built.optimizer.learning_rate))
    assert rate == pytest.approx(best["train.optimizer.learning_rate"], rel=1e-4)
    assert built.output_shape == (None, 10)


def test_a_wrong_space_is_told_at_once():
    with pytest.raises(seqvision.SeqvisionError, match="did you mean 'dropout'"):
        seqvision.hypermodel(CONFIG, ["tune.space={model.drop: boolean}"])


def test_what_a_tuner_leaves_out_is_told(caplog):
    seqvision.hypermodel(CONFIG)
    assert not caplog.text
    space = {"train.augment.shift": {"float": [0.0, 0.2]}}
    config = {**CONFIG, "tune": {"space": space}}
    seqvision.hypermodel(config, ["train.early_stopping={patience: 2}"])
    assert "leave out train.early_stopping, train.augment; seqvision.tune heeds" in caplog.text
