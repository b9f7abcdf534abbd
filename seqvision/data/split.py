"""Fixed splits, stratified by class: the same on every machine and with every library version."""

import numpy as np

from seqvision.data.base import Arrays, Split
from seqvision.errors import DataError

_SPREAD = 0x9E3779B97F4A7C15
"""An odd constant that scatters counting numbers (Knuth's multiplicative hashing)."""


def stratified(labels: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The places `(kept, taken)` that take `count` images, of each class its share.

    An image's lot is a hash of its place, so no generator's stream has a say.
    """
    place = np.arange(len(labels), dtype=np.uint64)
    mixed = (place + np.uint64(1)) * np.uint64(_SPREAD)
    lot = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    order = np.lexsort((lot, labels))  # by class, then by lot
    # Taking every (n / count)-th of the classes laid end to end gives each class its share.
    ends = (np.arange(count) + 0.5) * len(labels) / count if count else np.empty(0)
    taken = np.sort(order[ends.astype(int)])
    return np.setdiff1d(np.arange(len(labels)), taken), taken


def split_validation(
    split: Split, validation: int | float, scale: float = 1.0
) -> tuple[Split, Split]:
    """Take validation images from the training images: `(training, validation)`.

    Args:
        validation: a share, or a count, which is multiplied by `scale`.
        scale: below 1 when a smaller dataset stands in for the one the count was meant for.

    Raises:
        DataError: nothing is left to train on.
    """
    share = isinstance(validation, float)
    count = round(validation * len(split)) if share else round(validation * scale)
    if validation and not count:
        count = 1
    if count >= len(split):
        raise DataError(
            f"data.validation: {count:,} validation images leave nothing of "
            f"{len(split):,} training images"
        )
    kept, taken = stratified(split.labels, count)
    return split.take(kept), split.take(taken)


def hold_out(images: np.ndarray, labels: np.ndarray, share: float) -> Arrays:
    """Split one set of images into training and test, of each class its share."""
    kept, taken = stratified(labels, round(len(images) * share))
    return images[kept], labels[kept], images[taken], labels[taken]
