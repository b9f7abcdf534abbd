"""Sets what layers know of the training samples before a model is trained on them."""

from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.data.base import Split
from seqvision.data.series import Series
from seqvision.inputs.series import SeriesInput

_SAMPLES, _BATCH = 1000, 100
"""How many samples layers within a model adapt to, and how many are read at once."""


def adapt(model: keras.Model, training: Split) -> None:
    """Call `adapt` of each layer that has it, with what it will read of training samples.

    The input of series gets all raw values. Layers after it get, one after another, what those
    before them make of up to 1,000 samples, with NaN where a sequence is masked.
    """
    for layer in model.layers:
        if isinstance(layer, SeriesInput):
            if isinstance(training.samples, Series):
                layer.adapt(training.samples.values)
        elif hasattr(layer, "adapt"):
            layer.adapt(_read_by(layer, model, _some(training.samples)))


def _some(samples: np.ndarray | Series) -> np.ndarray:
    """Samples from all over, the same at each call, as one array."""
    order = np.random.default_rng(0).permutation(len(samples))
    return np.asarray(samples[order[:_SAMPLES]], "float32")


def _read_by(layer: Any, model: keras.Model, samples: np.ndarray) -> np.ndarray:
    """What a layer of a model reads of samples."""
    until = keras.Model(model.input, layer.input)
    read = []
    for start in range(0, len(samples), _BATCH):
        found = keras.tree.flatten(until(samples[start : start + _BATCH], training=False))
        values, *mask = map(ops.convert_to_numpy, found)  # Which Keras has layers read as well.
        read.append(np.where(mask[0][..., None], values, np.nan) if mask else values)
    return np.concatenate(read)
