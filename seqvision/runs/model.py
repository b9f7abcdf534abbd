"""The model of a run, and how Keras is told to train it."""

import logging
from typing import Any

import keras

from seqvision.config.schema import Train
from seqvision.data.base import Dataset
from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.options import name_and_options
from seqvision.runs.schedules import learning_rate

_log = logging.getLogger("seqvision")


def build_model(model: dict[str, Any], dataset: Dataset) -> keras.Model:
    """Build what a config's `model` section describes, for the images of a dataset.

    Raises:
        SeqvisionError: the options do not fit together or do not fit the images.
    """
    options = {key: value for key, value in model.items() if key != "family"}
    try:
        return FAMILIES.get(model["family"])(dataset.input_shape, dataset.num_classes, **options)
    except SeqvisionError:
        raise
    except Exception as error:  # Each backend refuses in its own way, such as a type of numbers.
        reason = str(error).strip().partition("\n")[0]
        policy = keras.config.dtype_policy().name
        raise SeqvisionError(
            f"model: cannot be built for images of {dataset.input_shape} in {policy}: {reason}"
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
        steps_per_execution=_steps_at_once(train.steps_per_execution, steps // train.epochs),
        jit_compile=train.jit_compile,
    )
    # Here, where a distribution's devices all get their share of it.
    model.optimizer.build(model.trainable_variables)


def optimizer_of(model: keras.Model) -> Any:
    """The optimizer that a config names: Keras puts another around it to scale float16's loss."""
    optimizer = model.optimizer
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _steps_at_once(wanted: int, steps_per_epoch: int) -> int:
    """As many of the steps wanted as divide an epoch.

    What Keras 3.15 executes at once is always whole: it would take the steps that an epoch lacks
    from the next. On PyTorch it knows single steps only.
    """
    if keras.backend.backend() == "torch":
        steps, reason = 1, "Keras executes no more on PyTorch"
    else:
        steps = max(n for n in range(1, wanted + 1) if steps_per_epoch % n == 0)
        reason = f"an epoch has {steps_per_epoch} steps"
    if steps < wanted:
        _log.warning("train.steps_per_execution: %d in place of %d: %s", steps, wanted, reason)
    return steps
