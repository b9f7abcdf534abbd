"""Random changes of training images, all that is affine in one resampling.

Rotating, zooming, shearing and shifting one after another would blur an image four times, and
took fifteen times as long (27 against 1.7 ms of processor time for 128 digits).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from seqvision.config.train import Augment


def augmentation(augment: Augment, seed: int, epoch: int) -> Callable[[np.ndarray], np.ndarray]:
    """The changes of one epoch, a function from images to changed images, float32 in 0..255.

    Images are `(n, height, width)` or `(n, height, width, channels)`. What a call draws depends
    only on seed, epoch and the calls before it.
    """
    generator = np.random.default_rng([seed, epoch, 1])
    cutout = _cutout(augment, generator)

    def change(images: np.ndarray) -> np.ndarray:
        from keras import ops

        from seqvision.runs.resample import moved

        changed: Any = images.astype(np.float32)
        if images.ndim == 3:
            changed = changed[..., None]
        if augment.elastic:
            changed = bent(changed, augment.elastic, generator)
        if _moves(augment):
            size = changed.shape[1:3]
            changed = moved(changed, affine_transforms(augment, generator, len(images), size))
        if cutout:
            changed = cutout(changed, training=True)
        return np.clip(ops.convert_to_numpy(changed), 0, 255).reshape(images.shape)

    return change


def is_affine(augment: Augment) -> bool:
    """Whether images are only moved, so that `epoch_transforms` and `moved` are all there is."""
    return _moves(augment) and not (augment.elastic or augment.cutout)


def _moves(augment: Augment) -> bool:
    return bool(augment.rotate or augment.zoom or augment.shear or augment.shift)


def epoch_transforms(
    augment: Augment, seed: int, epoch: int, count: int, size: tuple[int, int], batch_size: int
) -> np.ndarray:
    """The transforms `(count, 8)` of an epoch, those that `augmentation` draws for its batches."""
    generator = np.random.default_rng([seed, epoch, 1])
    return affine_transforms(augment, generator, count, size, batch_size)


def affine_transforms(
    augment: Augment,
    generator: np.random.Generator,
    count: int,
    size: tuple[int, int],
    batch_size: int | None = None,
) -> np.ndarray:
    """Draw one transform an image, `(count, 8)` as `keras.ops.image.affine_transform` takes them.

    A transform maps a place (x, y) of the result to the place of the image it is sampled from. The
    image is zoomed, sheared and rotated about its centre, then shifted.

    Args:
        batch_size: for how many images at a time numbers are drawn; all if not given.
    """
    drawn = iter(_uniform(generator, 7, count, batch_size or count))

    def draw(most: float) -> np.ndarray:
        return -most + 2 * most * next(drawn)

    angle = draw(math.radians(augment.rotate))
    zoom_x, zoom_y = 1 + draw(augment.zoom), 1 + draw(augment.zoom)
    shear_x, shear_y = draw(augment.shear), draw(augment.shear)
    height, width = size
    shift_x, shift_y = draw(augment.shift) * width, draw(augment.shift) * height

    cos, sin = np.cos(angle), np.sin(angle)
    rotation = _matrices([[cos, -sin], [sin, cos]])
    shear = _matrices([[np.ones(count), shear_x], [shear_y, np.ones(count)]])
    zoom = _matrices([[1 / zoom_x, np.zeros(count)], [np.zeros(count), 1 / zoom_y]])
    matrix = zoom @ shear @ rotation
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = centre + np.stack([shift_x, shift_y], axis=1)  # Where the centre goes.
    offset = centre - np.einsum("nij,nj->ni", matrix, moved)
    zeros = np.zeros((count, 2))
    return np.concatenate(
        [matrix[:, 0], offset[:, :1], matrix[:, 1], offset[:, 1:], zeros], axis=1
    ).astype(np.float32)


def _uniform(generator: np.random.Generator, kinds: int, count: int, batch_size: int) -> np.ndarray:
    """Numbers in [0, 1), `(kinds, count)`: for one batch after another, of each kind in turn."""
    full = count - count % batch_size
    drawn = generator.random((full // batch_size, kinds, batch_size))
    rest = generator.random((kinds, count - full))
    return np.concatenate([drawn.swapaxes(0, 1).reshape(kinds, full), rest], axis=1)


def _matrices(rows: list[list[np.ndarray]]) -> np.ndarray:
    """`(n, 2, 2)` from entries of `(n,)`."""
    return np.moveaxis(np.array(rows), -1, 0)


def bent(images: np.ndarray, pixels: float, generator: np.random.Generator) -> np.ndarray:
    """Distort images `(n, height, width, channels)` elastically, by a smooth random field each.

    Each pixel is sampled from a place whose offset in y and in x has the standard deviation
    `pixels`; the fields are smoothed over a seventh of the image.
    (`keras.ops.image.elastic_transform` of Keras 3.15 draws the same field for both.)
    """
    count, height, width, channels = images.shape
    smooth = min(height, width) / 7
    noise = generator.standard_normal((count, 2, height, width))
    # Smoothing leaves white noise this much smaller.
    field = gaussian_filter(noise, (0, 0, smooth, smooth)) * 2 * math.sqrt(math.pi) * smooth
    places = np.mgrid[:height, :width] + pixels * field
    result = np.empty_like(images)
    for image in range(count):
        for channel in range(channels):
            map_coordinates(
                images[image, ..., channel], places[image], result[image, ..., channel], order=1
            )
    return result


def _cutout(augment: Augment, generator: np.random.Generator) -> Any:
    if not augment.cutout:
        return None
    import keras

    area = (augment.cutout / 2, augment.cutout)
    seed = int(generator.integers(2**31))
    return keras.layers.RandomErasing(1.0, area, fill_value=0.0, seed=seed)
