"""What a model says of many images, and how fast it says it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

BATCH = 250  # images; divides the sizes of the usual test sets, so one shape is compiled


def logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return float32 logits `(n, classes)`."""
    return np.concatenate([part for part, _ in parts(model, images)])


def timed_logits(model: keras.Model, images: np.ndarray) -> tuple[np.ndarray, float | None]:
    """Return logits and the steady rate in images/s; None when all fitted into the first batch."""
    logits(model, images[:BATCH])  # Compiles.
    results = list(parts(model, images))
    seconds = sum(seconds for _, seconds in results)
    return np.concatenate([part for part, _ in results]), len(images) / seconds


def parts(
    model: keras.Model, images: np.ndarray, batch: int = BATCH
) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the float32 logits of one batch of images after another, and the seconds it took."""
    for start in range(0, len(images), batch):
        began = time.perf_counter()
        taken = images[start : start + batch]
        part = ops.convert_to_numpy(model.predict_on_batch(taken))
        # On several devices Keras has each answer the whole batch, and joins what they say.
        part = part[: len(taken)]
        yield part.astype(np.float32), time.perf_counter() - began


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Have the model carry the moving average of its weights, if its optimizer keeps one."""
    if not getattr(model.optimizer, "use_ema", False):
        yield
        return
    swap = keras.callbacks.SwapEMAWeights()
    swap.set_model(model)
    swap.on_test_begin()
    try:
        yield
    finally:
        swap.on_test_end()
