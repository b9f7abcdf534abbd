"""Cuts series into batches of like length, so that little of a batch is padding."""

from collections.abc import Iterator

import numpy as np

_MOST_STEPS = 100_000
"""The steps of a batch of series, padding included, at most; longer ones come by fewer."""


def like_lengths(lengths: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """The indices of the series of one batch after another, the shortest first.

    Args:
        lengths: the steps of each series `(n,)`.
        size: the most series of a batch.
    """
    order, start = np.argsort(lengths, kind="stable"), 0
    while start < len(order):
        index = order[start : start + size]
        # Halved, so that the sizes of batches, which may be compiled each, are few.
        while len(index) > 1 and len(index) * lengths[index[-1]] > _MOST_STEPS:
            index = index[: len(index) // 2]
        yield index
        start += len(index)
