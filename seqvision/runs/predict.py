"""The logits of many samples, and how fast a model computes them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.data.like_lengths import like_lengths
from seqvision.data.series import Series
from seqvision.runs.hand_over import hand_over
from seqvision.runs.late import late
from seqvision.runs.model import optimizer_of
from seqvision.runs.padding import as_batch

BATCH = 250  # samples; divides the sizes of the usual test sets, so one shape is compiled

Part = tuple[Any, np.ndarray]
"""Which samples, and what a model says of them."""


def logits(model: keras.Model, samples: np.ndarray | Series) -> np.ndarray:
    """Return float32 logits `(n, classes)`."""
    return _in_order(list(parts(model, samples)), len(samples))


def timed_logits(
    model: keras.Model, samples: np.ndarray | Series
) -> tuple[np.ndarray, float | None]:
    """Return logits and the steady rate in samples/s."""
    logits(model, samples[:BATCH])  # Compiles.
    began = time.perf_counter()
    found = logits(model, samples)
    return found, len(samples) / (time.perf_counter() - began)


def parts(model: keras.Model, samples: np.ndarray | Series, batch: int = BATCH) -> Iterator[Part]:
    """Yield the float32 logits of one batch of samples after another.

    Series come in the order of their lengths, so that little of a batch is padding.
    """

    def handed_over() -> Iterator[tuple[Any, int, Any]]:
        for index in _batches(samples, batch):
            taken = as_batch(samples[index])
            yield index, len(taken), hand_over(model, taken)

    for index, count, answers in late(handed_over()):
        # Given several devices, Keras has each predict the whole batch and joins the results.
        yield index, ops.convert_to_numpy(answers)[:count].astype(np.float32)


def _batches(samples: np.ndarray | Series, size: int) -> Iterator[slice | np.ndarray]:
    if not isinstance(samples, Series):
        yield from (slice(start, start + size) for start in range(0, len(samples), size))
    else:
        yield from like_lengths(samples.lengths, size)


def _in_order(found: list[Part], count: int) -> np.ndarray:
    """Put together what was said of some samples each."""
    whole = np.empty((count, *found[0][1].shape[1:]), np.float32)
    for index, part in found:
        whole[index] = part
    return whole


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
