"""The series that an exported file is tried on: random ones, and real ones."""

from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.data.base import Split
from seqvision.data.series import Series
from seqvision.exporting.images import Real, own_test
from seqvision.inputs.series import SeriesInput
from seqvision.presets.facts import Facts

_MOST_STEPS = 40
_ABSENT = 0.2
"""The share of random values that is not observed, and of steps at which nothing is."""


def input_of_series(model: keras.Model) -> SeriesInput | None:
    """The layer by which a model reads raw series; None if it does not."""
    return next((layer for layer in model.layers if isinstance(layer, SeriesInput)), None)


def random_series(reads: Any, features: int, count: int, most: int | None) -> Series:
    """Random series of unequal length with gaps, the same at every call.

    Args:
        reads: the model's `SeriesInput`: they are spread as what it was trained on.
        most: the most steps that one may have; 40 if None. One has as many, and one a single step.
    """
    generator = np.random.default_rng(0)
    most = most or _MOST_STEPS
    lengths = generator.integers(1, most + 1, count)
    lengths[:2] = [most, 1][:count]
    mean, scale = 0.0, 1.0
    if reads.normalize == "train":
        mean, scale = (ops.convert_to_numpy(weight) for weight in (reads.mean, reads.scale))
    deviation = 1 / np.where(scale > 0, scale, 1)
    each = []
    for length in lengths:
        one = mean + deviation * generator.normal(size=(length, features))
        one[generator.random(one.shape) < _ABSENT] = np.nan
        one[generator.random(length) < _ABSENT] = np.nan
        one[-1, 0] = np.ravel(mean)[0]  # Observed, so that it has this length.
        each.append(one)
    return Series.of(each)


def real_series(facts: Facts, input_shape: tuple[int | None, ...], most: int | None) -> Real | None:
    """The test series of a model's dataset, of `most` steps at most; None if none are here."""
    real = own_test(facts, (None, *input_shape[1:]))
    if real is None or most is None:
        return real
    fits = np.flatnonzero(real.split.series.lengths <= most)
    if not len(fits):
        return None
    return Real(Split(real.split.series[fits], real.split.labels[fits]), real.said, own=True)
