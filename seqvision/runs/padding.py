"""Pads the series of a batch to one length."""

import keras
import numpy as np

from seqvision.data.series import Series

_FINE = 4
"""A length is rounded up to one of this many between a power of two and the next."""


def as_batch(samples: np.ndarray | Series) -> np.ndarray:
    """A batch that a model takes: images as they are, series padded to the longest of them.

    JAX compiles a model anew for each length, so there it is rounded up, by a quarter at most.
    Padding changes no result.
    """
    if not isinstance(samples, Series):
        return samples
    steps = samples.steps
    return samples.padded(_rounded_up(steps) if keras.backend.backend() == "jax" else steps)


def _rounded_up(steps: int) -> int:
    grain = max(1, 2 ** ((steps - 1).bit_length() - 1) // _FINE) if steps > 1 else 1
    return -(-steps // grain) * grain
