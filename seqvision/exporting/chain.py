"""The layers of a model that reads its input once, from the beginning, one after another."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import tree

from seqvision.errors import SeqvisionError
from seqvision.inputs.series import SeriesInput
from seqvision.layers.pooling import Pooling
from seqvision.mixers.base import Mixer
from seqvision.scans.base import Scan

_STEP_BY_STEP = (
    keras.layers.Activation,
    keras.layers.BatchNormalization,
    keras.layers.Dense,
    keras.layers.ELU,
    keras.layers.Identity,
    keras.layers.LayerNormalization,
    keras.layers.LeakyReLU,
    keras.layers.RMSNormalization,
    keras.layers.ReLU,
    keras.layers.Rescaling,
)
"""Layers that treat each step of `(batch, steps, features)` alone."""

_IDLE = (keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.GaussianNoise)
"""Layers that do nothing in inference."""

_NO_STEP = "streaming: the model cannot be given one step at a time"


@dataclass(frozen=True)
class Chain:
    """A model that never looks ahead, as its step model needs it.

    Attributes:
        scan: the layer that reads an image as a sequence; None where the input is one.
        steps: how many steps it reads; None if any number.
        features: how many values a step has.
        layers: what acts on a step, in order: without the scan, and without layers that give the
            image a channel axis or do nothing in inference. Of raw series a `SeriesInput` is the
            first.
    """

    scan: Scan | None
    steps: int | None
    features: int
    layers: list[keras.layers.Layer]


def chain_of(model: keras.Model) -> Chain:
    """Take a model apart that reads its input once and never looks ahead.

    Raises:
        SeqvisionError: it looks ahead, reads its input in several ways, or has a layer that is not
            known to work step by step.
    """
    for layer in model.layers:
        _check_has_steps(layer)
    layers = list(_in_a_row(model))
    if layers and isinstance(layers[0], SeriesInput):
        return _chain_of_series(model, layers)
    place = next((i for i, layer in enumerate(layers) if isinstance(layer, Scan)), None)
    scan = None if place is None else layers[place]
    before, after = (layers[:place], layers[place + 1 :]) if place is not None else ([], layers)
    shape = scan.output.shape if scan else model.inputs[0].shape
    if len(shape) != 3 or shape[2] is None:
        raise SeqvisionError(
            f"{_NO_STEP}: it takes {tuple(shape[1:])}, and no scan says what a step of that is"
        )
    before = [layer for layer in before if not _gives_channel(layer)]
    for layer in before:
        _check_before_scan(layer)
    for layer in after:
        _check_works_alone(layer)
    kept = [layer for layer in (*before, *after) if not isinstance(layer, _IDLE)]
    return Chain(scan, shape[1], shape[2], kept)


def _chain_of_series(model: keras.Model, layers: list[Any]) -> Chain:
    for layer in layers[1:]:
        if not isinstance(layer, Scan):
            _check_works_alone(layer)
        elif layer.reverse:
            raise SeqvisionError(f"{_NO_STEP}: {_title(layer)} reads each series from its end")
    _, steps, features = model.inputs[0].shape
    kept = [layer for layer in layers if not isinstance(layer, (Scan, *_IDLE))]
    return Chain(None, steps, features, kept)


def _in_a_row(model: keras.Model) -> Iterator[Any]:
    """The layers from the input to the output, each of which takes what the one before returns."""
    if not model.built or len(model.inputs or []) != 1 or len(model.outputs) != 1:
        raise SeqvisionError(f"{_NO_STEP}: it is not built of layers from one input to one output")
    if isinstance(model, keras.Sequential):
        yield from model.layers
        return
    here = model.inputs[0]
    while here is not model.outputs[0]:
        # Other operations matter where no layer is: an input of series computes its mask by such.
        taking = [each for each in model.layers if _takes(each, here)]
        taking = taking or [each for each in model.operations if _takes(each, here)]
        if len(taking) != 1 or len(reads(taking[0])) != 1 or tree.is_nested(taking[0].output):
            names = " and ".join(repr(each.name) for each in taking) or "no layer"
            raise SeqvisionError(
                f"{_NO_STEP}: it is no single row of layers: {names} read the same, and a step of "
                "one way is not a step of another"
            )
        yield taking[0]
        here = taking[0].output


def _takes(operation: Any, tensor: Any) -> bool:
    if isinstance(operation, keras.layers.InputLayer):
        return False
    return any(each is tensor for each in reads(operation))


def reads(operation: Any) -> list[Any]:
    """The tensors that an operation, as a rule a layer, reads; without a layer's mask."""
    tensors = tree.flatten(operation.input)
    if not isinstance(operation, keras.layers.Layer):
        return tensors
    return [each for each in tensors if keras.backend.standardize_dtype(each.dtype) != "bool"]


def _gives_channel(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Reshape) and layer.output.shape == (*layer.input.shape, 1)


def _check_before_scan(layer: keras.layers.Layer) -> None:
    """Refuse all but what does the same to every pixel."""
    same = isinstance(layer, keras.layers.Rescaling) and (
        np.ndim(layer.scale) == np.ndim(layer.offset) == 0
    )
    if not same and not isinstance(layer, _IDLE):
        raise SeqvisionError(
            f"{_NO_STEP}: {_title(layer)} changes the image before the scan reads it, and not "
            "each pixel in the same way"
        )


def _check_has_steps(layer: Any) -> None:
    """Refuse what looks ahead, and what has no states that fit."""
    if isinstance(layer, keras.layers.Bidirectional):
        why = "reads in both directions, so what it says at a step depends on later ones"
    elif getattr(layer, "go_backwards", False):
        why = "reads from the end"
    elif isinstance(layer, keras.layers.RNN) and layer.built and len(reads(layer)[0].shape) != 3:
        why = "has states that are no vectors"
    elif isinstance(layer, keras.layers.Masking):
        why = "hides steps; here a step that does not count need not be given at all"
    elif isinstance(layer, (SeriesInput, Mixer)) and layer.looks_ahead:
        why = f"looks ahead: {layer.looks_ahead}"
    else:
        return
    raise SeqvisionError(f"{_NO_STEP}: {_title(layer)} {why}")


def _check_works_alone(layer: Any) -> None:
    """Refuse layers over a sequence that are not known to need one step only."""
    if len(reads(layer)[0].shape) == 2 or isinstance(layer, (keras.layers.RNN, Pooling, *_IDLE)):
        return
    if isinstance(layer, Mixer) and layer.is_stepwise:
        return
    over_features = getattr(layer, "axis", -1) in (-1, [-1], (-1,))
    if not isinstance(layer, _STEP_BY_STEP) or not over_features:
        raise SeqvisionError(f"{_NO_STEP}: {_title(layer)} is not known to work step by step")


def _title(layer: keras.layers.Layer) -> str:
    return f"layer {layer.name!r} ({type(layer).__name__})"
