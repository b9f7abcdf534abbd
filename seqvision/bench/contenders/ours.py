"""This project's layers: as in `seqvision run`, and imported into a plain Keras model."""

import atexit
from contextlib import ExitStack
from typing import Any

import numpy as np

from seqvision.bench.contenders import CONTENDERS, Contender
from seqvision.bench.work import Work


@CONTENDERS.register("seqvision")
def as_run(work: Work, weights: list[np.ndarray]) -> Contender:
    """The model with the threads and shards that `seqvision run` sets."""
    from seqvision.config.train import Train
    from seqvision.runs.backend import prepared

    settled = ExitStack()  # As long as the process lives.
    settled.enter_context(prepared(Train(batch_size=work.batch_size, deterministic=False), seed=0))
    atexit.register(settled.close)
    return _contender(work, weights)


@CONTENDERS.register("layers")
def imported(work: Work, weights: list[np.ndarray]) -> Contender:
    """The layers in a plain Keras model, with TensorFlow's own choice of threads."""
    return _contender(work, weights)


def _contender(work: Work, weights: list[np.ndarray]) -> Contender:
    from seqvision.bench.contenders.keras import trained_by_fit
    from seqvision.families import FAMILIES
    from seqvision.runs.backend import precision

    options: dict[str, Any] = {k: v for k, v in work.model.items() if k != "family"}
    with precision(work.precision):
        model = FAMILIES.get(work.model["family"])(work.input_shape, work.num_classes, **options)
    return trained_by_fit(model, work, weights)
