"""Builds and compiles the model of a run."""

import logging
import math
from typing import Any

import keras
import numpy as np

from seqvision.config.schema import Config
from seqvision.config.train import Train
from seqvision.data.base import Dataset
from seqvision.errors import SeqvisionError
from seqvision.families.build import build_family
from seqvision.runs.backend import precision
from seqvision.runs.schedules import learning_rate
from seqvision.specs import name_and_options

_log = logging.getLogger("seqvision")


def build_model(model: dict[str, Any], dataset: Dataset, **needs: Any) -> keras.Model:
    """Build what a config's `model` section describes, for the images of a dataset.

    Args:
        needs: what else needs memory, as `build_family` takes it.

    Raises:
        SeqvisionError: the options do not fit together, or do not fit the images or the memory.
    """
    return build_family(model, dataset.input_shape, dataset.num_classes, **needs)


def model_to_train(config: Config, dataset: Dataset, images: int) -> keras.Model:
    """Build a config's model and compile it with its optimizer, schedule and loss.

    Args:
        images: the number of training images.

    Raises:
        SeqvisionError: as `build_model` does; or Keras refuses an argument of the optimizer.
    """
    train = config.train
    batch = min(train.batch_size, images)
    needs = {
        "needed_for": f"train: weights, gradients, optimizer and a batch of {batch:,} images",
        "copies": 1 + _slots_of_a_weight(train),
        "beside": 4 * batch * math.prod(dataset.input_shape),  # The images as float32.
    }
    with precision(train.precision):
        model = build_model(config.model, dataset, **needs)
        _compile(model, train, train.epochs * -(-images // train.batch_size))
    return model


def _compile(model: keras.Model, train: Train, steps: int) -> None:
    optimizer = _optimizer(train, steps)
    if train.label_smoothing:
        loss: Any = keras.losses.CategoricalCrossentropy(True, train.label_smoothing)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        optimizer,
        loss,
        metrics=["accuracy"],
        steps_per_execution=_steps_at_once(train, steps // train.epochs),
        jit_compile=train.jit_compile,
    )
    # Within the scope of `train.distribution`, so that each device gets its part.
    model.optimizer.build(model.trainable_variables)


def optimizer_of(model: keras.Model) -> Any:
    """The optimizer that a config names: Keras wraps it in another to scale float16's loss."""
    optimizer = model.optimizer
    while hasattr(optimizer, "inner_optimizer"):
        optimizer = optimizer.inner_optimizer
    return optimizer


def _steps_at_once(train: Train, steps_per_epoch: int) -> int:
    """The most steps, up to `steps_per_execution`, that divide an epoch.

    Keras 3.15 always executes that many, so at the end of an epoch it would take steps of the
    next. On PyTorch, and over several devices, it executes single steps only.
    """
    wanted = train.steps_per_execution
    if keras.backend.backend() == "torch" or train.distribution:
        steps = 1
        reason = "Keras takes one at a time on PyTorch and over several devices"
    else:
        steps = max(n for n in range(1, wanted + 1) if steps_per_epoch % n == 0)
        reason = f"an epoch has {steps_per_epoch} steps"
    if steps < wanted:
        _log.warning("train.steps_per_execution: %d in place of %d: %s", steps, wanted, reason)
    return steps


def _optimizer(train: Train, steps: int) -> keras.optimizers.Optimizer:
    name, options = name_and_options(train.optimizer)
    peak = options.pop("learning_rate", 1e-3)
    options["learning_rate"] = learning_rate(train.schedule, peak, steps)
    try:
        return keras.optimizers.get({"class_name": name, "config": options})
    except (ValueError, TypeError) as error:
        raise SeqvisionError(f"train.optimizer: {error}") from error


def _slots_of_a_weight(train: Train) -> int:
    """How many slots of a weight's shape the optimizer keeps for each weight."""
    optimizer, probe = _optimizer(train, 1), keras.Variable(np.zeros((2, 3)))
    optimizer.build([probe])
    return sum(tuple(slot.shape) == (2, 3) for slot in optimizer.variables)
