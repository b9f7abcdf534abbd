"""An order that looks random and is the same on every machine, whatever NumPy's generators do."""

import numpy as np

_SPREAD = 0x9E3779B97F4A7C15
"""An odd constant that scatters counting numbers (Knuth's multiplicative hashing)."""


def scattered(count: int, seed: int = 0) -> np.ndarray:
    """A hash of each whole number below `count`, uint64 `(count,)`, by which to sort them."""
    place = np.arange(count, dtype=np.uint64) + (np.uint64(seed) << np.uint64(32))
    mixed = (place + np.uint64(1)) * np.uint64(_SPREAD)
    return (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
