"""Training batches: an order and changes of the images that depend on seed and epoch alone.

So a run that goes on at epoch 7 sees what it would have seen without the stop.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from seqvision.config.schema import Augment
from seqvision.data.base import Split


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
        one_hot: give labels as rows of so many numbers instead of one whole number.
        class_weights: the weight of each class in the loss.
    """
    epoch = first_epoch
    targets = np.eye(one_hot, dtype=np.float32)[split.labels] if one_hot else split.labels
    while True:
        order = np.random.default_rng([seed, epoch]).permutation(len(split))
        change = _changes(augment, seed, epoch) if augment else None
        for start in range(0, len(split), batch_size):
            index = order[start : start + batch_size]
            images = split.images[index]
            if change:
                images = _changed(change, images)
            batch = (images, targets[index])
            yield batch if class_weights is None else (*batch, class_weights[split.labels[index]])
        epoch += 1


def _changes(augment: Augment, seed: int, epoch: int) -> list[Any]:
    """Keras's augmentation layers, seeded for one epoch."""
    import keras

    seeds = iter(np.random.default_rng([seed, epoch, 1]).integers(2**31, size=6).tolist())
    make = keras.layers
    # Beyond its edge an image is black, as it is in every dataset of digits.
    black: dict[str, Any] = {"fill_mode": "constant", "fill_value": 0.0}
    layers = []
    if augment.elastic:
        layers.append(make.RandomElasticTransform(1.0, augment.elastic, seed=next(seeds), **black))
    if augment.rotate:
        layers.append(make.RandomRotation(augment.rotate / 360, seed=next(seeds), **black))
    if augment.zoom:
        zoom = (-augment.zoom, augment.zoom)
        layers.append(make.RandomZoom(zoom, zoom, seed=next(seeds), **black))
    if augment.shear:
        layers.append(make.RandomShear(augment.shear, augment.shear, seed=next(seeds), **black))
    if augment.shift:
        shift = augment.shift
        layers.append(make.RandomTranslation(shift, shift, seed=next(seeds), **black))
    if augment.cutout:
        area = (augment.cutout / 2, augment.cutout)
        layers.append(make.RandomErasing(1.0, area, fill_value=0.0, seed=next(seeds)))
    return layers


def _changed(layers: list[Any], images: np.ndarray) -> np.ndarray:
    changed: Any = images.astype(np.float32)
    if images.ndim == 3:
        changed = changed[..., None]
    for layer in layers:
        changed = layer(changed, training=True)
    from keras import ops

    result = np.clip(ops.convert_to_numpy(changed), 0, 255)
    return result.reshape(images.shape)
