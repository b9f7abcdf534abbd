"""The model of a run, and how Keras is told to train it."""

from typing import Any

import keras

from seqvision.config.schema import Train
from seqvision.data.base import Dataset
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.options import name_and_options
from seqvision.runs.schedules import learning_rate


def build_model(model: dict[str, Any], dataset: Dataset) -> keras.Model:
    """Build what a config's `model` section describes, for the images of a dataset.

    Raises:
        SeqvisionError: the options do not fit together or do not fit the images.
    """
    options = {key: value for key, value in model.items() if key != "family"}
    try:
        return FAMILIES.get(model["family"])(dataset.input_shape, dataset.num_classes, **options)
    except (ValueError, TypeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise SeqvisionError(
            f"model: cannot be built for images of {dataset.input_shape}: {reason}"
        ) from error


def compile_model(model: keras.Model, train: Train, steps: int) -> None:
    """Compile with the optimizer, schedule and loss of a config.

    Args:
        steps: the length of the run, in training steps.

    Raises:
        SeqvisionError: Keras refuses an argument of the optimizer.
    """
    name, options = name_and_options(train.optimizer)
    peak = options.pop("learning_rate", 1e-3)
    options["learning_rate"] = learning_rate(train.schedule, peak, steps)
    try:
        optimizer = keras.optimizers.get({"class_name": name, "config": options})
    except (ValueError, TypeError) as error:
        raise SeqvisionError(f"train.optimizer: {error}") from error
    if train.label_smoothing:
        loss: Any = keras.losses.CategoricalCrossentropy(True, train.label_smoothing)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        optimizer,
        loss,
        metrics=["accuracy"],
        steps_per_execution=train.steps_per_execution,
        jit_compile=train.jit_compile,
    )
    # Here, where a distribution's devices all get their share of it.
    model.optimizer.build(model.trainable_variables)
