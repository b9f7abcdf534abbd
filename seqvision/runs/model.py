"""Builds and compiles the model of a run, with the weights that it begins with."""

import logging
import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import keras
import numpy as np

from seqvision.config.schema import Config
from seqvision.config.train import Train
from seqvision.data import DATASETS
from seqvision.data.base import Dataset, Split
from seqvision.data.loading import load
from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.families.build import build_family
from seqvision.presets.architecture import check_architecture
from seqvision.privates import SharesOfRate
from seqvision.runs.adapt import adapt
from seqvision.runs.backend import precision
from seqvision.runs.parent import Parent, parent_of
from seqvision.runs.schedules import LaterPart, learning_rate
from seqvision.runs.stages import Stages, head_of, shares
from seqvision.specs import name_and_options
from seqvision.weights import load_weights

_log = logging.getLogger("seqvision")

_SHARE = "learning_rate_share"
"""The attribute of weights of mixers (`seqvision.mixers.base.Mixer.add_dynamics`)."""


def build_model(model: dict[str, Any], dataset: Dataset, **needs: Any) -> keras.Model:
    """Build what a config's `model` section describes, for the images of a dataset.

    Args:
        needs: what else needs memory, as `build_family` takes it.

    Raises:
        SeqvisionError: the options do not fit together, or do not fit the images or the memory.
    """
    return build_family(model, dataset.input_shape, dataset.num_classes, **needs)


def model_to_train(
    config: Config, dataset: Dataset, training: Split, strategy: Any = None
) -> Stages:
    """Build a config's model, load what it begins with, and compile it for its first stage.

    Args:
        training: what is trained on. Its statistics are those that an input normalises by, and
            others that layers have, unless the model begins with trained weights, whose statistics
            are among them.
        strategy: what spreads it over several devices, if any.

    Raises:
        SeqvisionError: as `build_model` does; the weights to begin with cannot be had or do not
            fit; a layer to freeze does not exist; or Keras refuses an argument of the optimizer.
    """
    train = config.train
    batch = min(train.batch_size, len(training))
    needs = {
        "needed_for": f"train: weights, gradients, optimizer and a batch of {batch:,} samples",
        "copies": 1 + _slots_of_a_weight(train),
        "beside": 4 * batch * _size_of_sample(training),  # The samples as float32.
    }
    scope = strategy.scope if strategy else nullcontext
    with scope():
        model, parent = with_parent(config, dataset.input_shape, dataset.class_names, **needs)
        if parent is None:
            adapt(model, training)
    steps = -(-len(training) // train.batch_size)

    def compile_model(model: keras.Model, after: int) -> None:
        with scope(), precision(train.precision):
            _compile(model, train, steps * train.epochs, after)

    return Stages(model, train, steps, compile_model, parent)


def _size_of_sample(split: Split) -> int:
    """How many numbers a sample holds, once all are as long as the longest."""
    samples = split.samples
    steps = samples.steps if isinstance(samples, Series) else 1
    return steps * math.prod(n for n in samples.shape[1:] if n)


def with_parent(
    config: Config, input_shape: Sequence[int | None], class_names: Sequence[str], **needs: Any
) -> tuple[keras.Model, dict[str, Any] | None]:
    """Build a config's model and load the weights that it names, if any.

    Returns:
        The model, and what a record says of its parent: None if the weights are random.

    Raises:
        SeqvisionError: the model cannot be built, or the weights cannot be had or do not fit.
    """
    parent = parent_of(config)
    with precision(config.train.precision):
        model = build_family(config.model, input_shape, len(class_names), **needs)
    if parent is None:
        return model, None
    trained = parent.facts.model if parent.facts else None
    if trained is not None:
        check_architecture(_alone(config.model), _alone(trained), parent.source)
    return model, {**parent.described(), "fresh": load_parent(model, parent, class_names)}


def _alone(model: dict[str, Any]) -> dict[str, Any]:
    """A `model` section without the weights to begin with."""
    return {key: value for key, value in model.items() if key != "weights"}


def check_parts(config: Config) -> None:
    """Check, without training, that a config's trained weights fit and what it freezes exists.

    The data is read only if its registration does not say how large its images are.

    Raises:
        SeqvisionError: as `model_to_train`.
    """
    card = DATASETS.entry(name_and_options(config.data.dataset)[0]).card
    if {"input_shape", "num_classes"} <= card.keys():
        shape, parent = card["input_shape"], parent_of(config)
        names = (parent and parent.class_names) or ()  # Which ones is seen with the data.
        names = names if len(names) == card["num_classes"] else ("",) * card["num_classes"]
    else:
        dataset = load(config.data.dataset, config.data.offline, config.data.resampling)
        shape, names = dataset.input_shape, dataset.class_names
    model, _ = with_parent(config, shape, names)
    Stages(model, config.train, 1, lambda *_: None)


def load_parent(model: keras.Model, parent: Parent, class_names: Sequence[str]) -> list[str]:
    """Load a parent's weights into a model; return the names of layers that begin anew.

    The head does if its classes are others, by number or by name, or if its size differs.

    Raises:
        SeqvisionError: any other layer does not fit.
    """
    head = head_of(model)
    initial = head.get_weights()
    told = parent.facts is not None and parent.facts.model is not None
    load_weights(model, parent.file, fresh_head=True, source=parent.source, others_told=told)
    if all(np.array_equal(a, b) for a, b in zip(initial, head.get_weights(), strict=True)):
        return [head.name]  # `load_weights` has said so.
    if parent.class_names is None or parent.class_names == tuple(class_names):
        return []
    head.set_weights(initial)
    _log.warning(
        "%s: layer %r begins anew, as its classes are others: %s in place of %s",
        parent.name,
        head.name,
        _few(class_names),
        _few(parent.class_names),
    )
    return [head.name]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _compile(model: keras.Model, train: Train, steps: int, after: int) -> None:
    optimizer = _optimizer(train, steps, after)
    dynamics = [v for v in model.trainable_variables if hasattr(v, _SHARE)]
    if train.layer_decay or dynamics:
        optimizer = _with_shares(optimizer, model, train.layer_decay)
    if dynamics and optimizer.weight_decay is not None:
        optimizer.exclude_from_weight_decay(var_list=dynamics)
    # Their variables are made here: what the first step makes has TensorFlow trace it twice.
    if train.label_smoothing:
        loss: Any = keras.losses.CategoricalCrossentropy(True, train.label_smoothing)
        accuracy: Any = keras.metrics.CategoricalAccuracy("accuracy")
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        accuracy = keras.metrics.SparseCategoricalAccuracy("accuracy")
    model.compile(
        optimizer,
        loss,
        metrics=[accuracy],
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


def _optimizer(train: Train, steps: int, after: int = 0) -> keras.optimizers.Optimizer:
    """The optimizer, its schedule made for `steps` in all, of which `after` lie behind it."""
    name, options = name_and_options(train.optimizer)
    peak = options.pop("learning_rate", 1e-3)
    rate = learning_rate(train.schedule, peak, steps)
    options["learning_rate"] = LaterPart(rate, after) if after and train.schedule else rate
    try:
        return keras.optimizers.get({"class_name": name, "config": options})
    except (ValueError, TypeError) as error:
        raise SeqvisionError(f"train.optimizer: {error}") from error


def _with_shares(
    optimizer: keras.optimizers.Optimizer, model: keras.Model, decay: float | None
) -> keras.optimizers.Optimizer:
    """The same optimizer, in which each layer has its share of the learning rate.

    A weight that says how a mixer's state moves has its own share of that.
    """
    of_layer = shares(model, decay)
    of_variable = {
        id(v): of_layer[layer.name] for layer in model.layers for v in layer.trainable_variables
    }
    # Keras's public class of this name: on PyTorch `optimizer` is of another one, which updates
    # all variables at once.
    own = type(optimizer).__name__
    sharing: Any = type(own, (SharesOfRate, getattr(keras.optimizers, own)), {})
    found = sharing.from_config(optimizer.get_config())
    found.shares = [of_variable[id(v)] * getattr(v, _SHARE, 1.0) for v in model.trainable_variables]
    return found


def _slots_of_a_weight(train: Train) -> int:
    """How many slots of a weight's shape the optimizer keeps for each weight."""
    optimizer, probe = _optimizer(train, 1), keras.Variable(np.zeros((2, 3)))
    optimizer.build([probe])
    return sum(tuple(slot.shape) == (2, 3) for slot in optimizer.variables)
