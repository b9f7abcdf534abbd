"""Training batches, whose order and augmentation depend on seed and epoch alone.

So a run that goes on at epoch 7 sees what it would have seen without the interruption.
"""

from collections.abc import Iterator

import numpy as np

from seqvision.config.train import Augment
from seqvision.data.base import Split
from seqvision.runs.augment import augmentation


def batches(
    split: Split,
    batch_size: int,
    seed: int,
    first_epoch: int = 0,
    augment: Augment | None = None,
    one_hot: int | None = None,
    class_weights: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield `(images, labels[, weights])` without end, each epoch in an order of its own.

    Args:
        first_epoch: where to begin, counted from 0.
        one_hot: the number of classes, to give labels as one-hot rows; whole numbers when None.
        class_weights: the weight of each class in the loss, `(classes,)`.
    """
    epoch = first_epoch
    targets = np.eye(one_hot, dtype=np.float32)[split.labels] if one_hot else split.labels
    while True:
        order = np.random.default_rng([seed, epoch]).permutation(len(split))
        change = augmentation(augment, seed, epoch) if augment else None
        for start in range(0, len(split), batch_size):
            index = order[start : start + batch_size]
            images = split.images[index]
            if change:
                images = change(images)
            batch = (images, targets[index])
            yield batch if class_weights is None else (*batch, class_weights[split.labels[index]])
        epoch += 1
