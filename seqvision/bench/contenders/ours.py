"""Our own layers: as in `seqvision run`, and imported into a plain Keras model."""

import atexit
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, Contender
from seqvision.bench.work import Work


@CONTENDERS.register("seqvision", ours=True)
def as_run(work: Work, weights: list[np.ndarray]) -> Contender:
    """The model with the threads and shards that `seqvision run` sets."""
    settled(work)
    return _contender(work, weights)


def settled(work: Work) -> None:
    """Set the threads and shards of a run, for as long as the process lives."""
    from seqvision.config.train import Train
    from seqvision.runs.backend import prepared

    settings = ExitStack()
    settings.enter_context(prepared(Train(batch_size=work.batch_size, deterministic=False), seed=0))
    atexit.register(settings.close)


@CONTENDERS.register("layers", ours=True)
def imported(work: Work, weights: list[np.ndarray]) -> Contender:
    """The layers in a plain Keras model, with the backend's own choice of threads."""
    return _contender(work, weights)


@CONTENDERS.register("layers-float32", ours=True, precision="float32")
def in_float32(work: Work, weights: list[np.ndarray]) -> Contender:
    """The same in float32 whatever the work's precision is, to hold half precision to."""
    return _contender(work, weights)


def _contender(work: Work, weights: list[np.ndarray]) -> Contender:
    from seqvision.bench.contenders.keras import trained_by_fit
    from seqvision.families import FAMILIES
    from seqvision.runs.backend import precision

    options: dict[str, Any] = {k: v for k, v in work.model.items() if k != "family"}
    with precision(work.precision):
        model = FAMILIES.get(work.model["family"])(work.input_shape, work.num_classes, **options)
    model.set_weights(weights)
    return replace(trained_by_fit(model, work), path=lambda: path_of(model))


def path_of(model: Any) -> str | None:
    """What the model's recurrent layers and mixers say of their last call."""
    from seqvision.layers.engine.path import TellsPath

    layers = (inner for layer in model.layers for inner in _within(layer))
    said = (layer.path for layer in layers if isinstance(layer, TellsPath))
    return "; ".join(dict.fromkeys(said)) or None


def _within(layer: Any) -> Iterator[Any]:
    """A layer, and those it is made of."""
    yield layer
    for name in ("forward_layer", "backward_layer", "mixer", "back", "layer"):
        if inner := getattr(layer, name, None):
            yield from _within(inner)
