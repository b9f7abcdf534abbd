"""A config as a `keras_tuner.HyperModel`, for those who prefer keras-tuner's own tuners."""

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.config.plain import Overrides
from seqvision.config.schema import Config
from seqvision.config.search import Tunable, load_tunable
from seqvision.data.loading import load
from seqvision.data.split import train_and_validation
from seqvision.import_keras import import_keras
from seqvision.sweep.tune.space import declare

if TYPE_CHECKING:
    import keras
    import keras_tuner

log = logging.getLogger("seqvision")


def hypermodel(
    config: str | Path | dict[str, Any] | Config, overrides: Overrides = ()
) -> "keras_tuner.HyperModel":
    """Return the models that a config's `tune.space` spans, for any tuner of keras-tuner.

    It builds and compiles the config's model with the values a tuner proposes, for the images of
    the config's dataset, and fits with the config's epochs and batch size unless `search` is given
    others. The tuner trains in its own way, with its own chief and workers: without the seeds,
    checkpoints and records of `seqvision.tune`, and without other settings of a config's `train`,
    such as `augment`; a logged warning names those. With `train.label_smoothing` the labels that
    `search` is given are one-hot.

    Args:
        config: a path, a zoo name, a mapping, or a loaded config with a `tune` section.
        overrides: `path=value` texts, or a mapping.

    Raises:
        SeqvisionError: the config or its space is wrong.

    Examples:
        >>> import keras_tuner, seqvision
        >>> tuner = keras_tuner.RandomSearch(
        ...     seqvision.hypermodel("gru3"), objective="val_accuracy", max_trials=3, overwrite=True
        ... )
    """
    tunable = load_tunable(config, overrides)
    _warn_of_what_is_left_out(tunable)
    import_keras()
    import keras_tuner

    class HyperModel(keras_tuner.HyperModel):
        def __init__(self) -> None:
            super().__init__(name=tunable.untuned.name)
            self.parts = _Parts(tunable)

        def build(self, hp: Any) -> "keras.Model":
            return self.parts.model(self.parts.point(hp))

        def fit(self, hp: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
            train = self.parts.point(hp).train
            usual = {"epochs": train.epochs, "batch_size": train.batch_size}
            return model.fit(*args, **{**usual, **kwargs})

    return HyperModel()


def _warn_of_what_is_left_out(tunable: Tunable) -> None:
    train = tunable.untuned.train
    asked = [key for key in _LEFT_OUT if getattr(train, key) is not None]
    searched = (path.split(".")[1] for path in tunable.tune.space if path.startswith("train."))
    asked += [key for key in searched if key in _LEFT_OUT]
    if asked:
        log.warning(
            "%s: keras-tuner's tuners leave out train.%s; seqvision.tune heeds them all",
            tunable.untuned.name,
            ", train.".join(dict.fromkeys(asked)),
        )


_LEFT_OUT = (
    "stop_after",
    "minutes",
    "target_val_accuracy",
    "class_weights",
    "augment",
    "early_stopping",
    "best_weights",
    "head_epochs",
    "distribution",
    "test_every",
)
"""The keys of `train` that do not concern the model, its loss or its optimizer."""


class _Parts:
    """The configs, models and data of a hypermodel."""

    def __init__(self, tunable: Tunable):
        self.tunable = tunable

    def point(self, hp: Any) -> Config:
        """The config with the values that a tuner proposes."""
        return self.tunable.point(declare(self.tunable.tune.space, hp), self.tunable.untuned.name)

    def model(self, config: Config) -> "keras.Model":
        from seqvision.runs.model import model_to_train

        return model_to_train(config, *self._data).model

    @cached_property
    def _data(self) -> tuple[Any, Any]:
        """The dataset, and the samples that a run of the config trains on."""
        data = self.tunable.untuned.data
        dataset = load(data.dataset, data.offline, data.resampling)
        training, _ = train_and_validation(dataset, data.validation, data.training)
        return dataset, training
