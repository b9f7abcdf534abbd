"""Training batches, whose order and augmentation depend on seed and epoch alone.

So a run that goes on at epoch 7 sees what it would have seen without the interruption.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from seqvision.config.train import Augment
from seqvision.data.base import Split
from seqvision.data.series import Series
from seqvision.runs.augment import augmentation
from seqvision.runs.augment_series import series_augmentation
from seqvision.runs.padding import as_batch

_BATCHES_SORTED = 20


def batches(
    split: Split,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
    augment: Augment | None = None,
    one_hot: int | None = None,
    class_weights: np.ndarray | None = None,
    bucket: bool = False,
    window: int | None = None,
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield `(samples, labels[, weights])` without end, each epoch in an order of its own.

    Args:
        first_epoch: where to begin, counted from 0.
        one_hot: the number of classes, to give labels as one-hot rows; whole numbers when None.
        class_weights: the weight of each class in the loss, `(classes,)`.
        bucket: let the series of a batch be of like length.
        window: the steps of a window, anywhere in a series that is longer, which stands for it.
    """
    others = beside_samples(split, one_hot, class_weights)
    series = split.samples if isinstance(split.samples, Series) else None
    for epoch in itertools.count(first_epoch):
        order, generator = epoch_order(len(split), seed, epoch)
        if bucket and series:
            order = _by_length(order, series.lengths, batch_size, generator)
        change = _changes(augment, split.samples, seed, epoch)
        for start in range(0, len(split), batch_size):
            index = order[start : start + batch_size]
            taken = split.samples[index]
            if window and isinstance(taken, Series):
                taken = taken.cut(window, "window", generator)
            yield as_batch(change(taken)), *(part[index] for part in others)


def epoch_order(count: int, seed: int, epoch: int) -> tuple[np.ndarray, np.random.Generator]:
    """The order of an epoch's samples `(count,)`, and the generator that drew it."""
    generator = np.random.default_rng([seed, epoch])
    return generator.permutation(count), generator


def beside_samples(
    split: Split, one_hot: int | None, class_weights: np.ndarray | None
) -> list[np.ndarray]:
    """What batches hold of each sample besides itself: its label, and its weight if they differ."""
    targets = np.eye(one_hot, dtype=np.float32)[split.labels] if one_hot else split.labels
    return [targets, *([] if class_weights is None else [class_weights[split.labels]])]


def _changes(
    augment: Augment | None, samples: np.ndarray | Series, seed: int, epoch: int
) -> Callable[[Any], Any]:
    """The random changes of an epoch, from samples to samples of the same kind."""
    if augment is None:
        return lambda unchanged: unchanged
    if isinstance(samples, Series):
        return series_augmentation(augment, samples, seed, epoch)
    return augmentation(augment, seed, epoch)


def _by_length(
    order: np.ndarray, lengths: np.ndarray, batch_size: int, generator: np.random.Generator
) -> np.ndarray:
    """The same indices, so that each batch has series of like length; batches in random order.

    Only among `_BATCHES_SORTED` batches at a time are series sorted, so that other ones meet in
    each epoch. The last batch, if it is smaller, is left as it is.
    """
    full = len(order) - len(order) % batch_size
    batches = []
    for start in range(0, full, _BATCHES_SORTED * batch_size):
        some = order[start : min(start + _BATCHES_SORTED * batch_size, full)]
        some = some[np.argsort(lengths[some], kind="stable")]
        batches += np.split(some, len(some) // batch_size)
    mixed = [batches[place] for place in generator.permutation(len(batches))]
    return np.concatenate([*mixed, order[full:]])
