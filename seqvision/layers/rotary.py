"""Rotary positions: vectors turned by their place, whose products know how far apart they are."""

from typing import Any

import numpy as np
from keras import ops

from seqvision.layers.complex_pairs import times
from seqvision.layers.precision import full


def frequencies(pairs: int, base: float = 10_000.0) -> np.ndarray:
    """The angle by which a step turns each pair of numbers: base^(−i / pairs), in radians."""
    return base ** (-np.arange(pairs) / pairs)


def turned(vectors: Any, places: Any) -> Any:
    """Turn vectors by their places, as Su et al. 2021, arXiv 2104.09864, turn queries and keys.

    The product of two depends on their places by the difference only. Number i of a vector and
    number i + size / 2 make a pair; the paper's are neighbours, which where weights are learned is
    the same in another order.

    Args:
        vectors: `(…, size)`, of an even size.
        places: `(…)`, or 1 where several have the same, in float32 or float64.

    Returns:
        As the vectors are.
    """
    dtype = full(vectors.dtype)
    turn = ops.convert_to_tensor(frequencies(vectors.shape[-1] // 2), dtype)
    angle = ops.cast(places, dtype)[..., None] * turn
    real, imag = ops.split(ops.cast(vectors, dtype), 2, axis=-1)
    pair = times((real, imag), (ops.cos(angle), ops.sin(angle)))
    return ops.cast(ops.concatenate(pair, axis=-1), vectors.dtype)
