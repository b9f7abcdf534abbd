"""The logits of many samples, and how fast a model computes them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

from seqvision.data.series import Series
from seqvision.runs.model import optimizer_of
from seqvision.runs.padding import as_batch

BATCH = 250  # samples; divides the sizes of the usual test sets, so one shape is compiled


def logits(model: keras.Model, samples: np.ndarray | Series) -> np.ndarray:
    """Return float32 logits `(n, classes)`."""
    return np.concatenate([part for part, _ in parts(model, samples)])


def timed_logits(
    model: keras.Model, samples: np.ndarray | Series
) -> tuple[np.ndarray, float | None]:
    """Return logits and the steady rate in samples/s; None when all fitted into the first batch."""
    logits(model, samples[:BATCH])  # Compiles.
    results = list(parts(model, samples))
    seconds = sum(seconds for _, seconds in results)
    return np.concatenate([part for part, _ in results]), len(samples) / seconds


def parts(
    model: keras.Model, samples: np.ndarray | Series, batch: int = BATCH
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the float32 logits of one batch of samples after another, and the seconds it took."""
    for start in range(0, len(samples), batch):
        began = time.perf_counter()
        taken = as_batch(samples[start : start + batch])
        part = ops.convert_to_numpy(model.predict_on_batch(taken))
        # Given several devices, Keras has each predict the whole batch and joins the results.
        part = part[: len(taken)]
        yield part.astype(np.float32), time.perf_counter() - began


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Give the model the moving average of its weights, if its optimizer keeps one.

    Afterwards the weights are exactly what they were. `keras.callbacks.SwapEMAWeights` of Keras
    3.15 swaps them on TensorFlow by sums, which round them.
    """
    optimizer = optimizer_of(model)
    if not optimizer.use_ema:
        yield
        return
    weights = model.trainable_variables
    kept = [ops.convert_to_numpy(weight) for weight in weights]
    optimizer.finalize_variable_values(weights)
    # On JAX weights and averages now share memory, which a prediction takes over.
    model.set_weights(model.get_weights())
    try:
        yield
    finally:
        for weight, value in zip(weights, kept, strict=True):
            weight.assign(value)
