"""Moves images by affine transforms, on the device that they are on."""

from typing import Any

import keras
from keras import ops


def moved(images: Any, transforms: Any) -> Any:
    """Images `(n, height, width[, channels])` moved by transforms `(n, 8)`, float32 in 0..255.

    A transform is one of `keras.ops.image.affine_transform`. Beyond its edge an image is black, as
    it is in every dataset of digits.
    """
    flat = len(images.shape) == 3
    changed = ops.cast(images[..., None] if flat else images, "float32")
    changed = _resampled(changed, transforms)
    changed = ops.clip(changed, 0, 255)
    return changed[..., 0] if flat else changed


def _resampled(images: Any, transforms: Any) -> Any:
    if keras.backend.backend() == "tensorflow":  # Which has an operation for it.
        return ops.image.affine_transform(
            images, transforms, fill_mode="constant", fill_value=0.0, data_format="channels_last"
        )
    return _bilinear(images, transforms)


def _bilinear(images: Any, transforms: Any) -> Any:
    """The same by four gathers; Keras 3.15 takes eight, and on PyTorch thirteen times as long."""
    count, height, width, channels = images.shape
    # A black pixel before and two after each row and column are all that is read of beyond.
    rows, columns = height + 3, width + 3
    padded = ops.pad(images, ((0, 0), (1, 2), (1, 2), (0, 0)))
    pixels = ops.reshape(padded, (count * rows * columns, channels))
    transforms = ops.convert_to_tensor(transforms)  # PyTorch's do not multiply NumPy's arrays.
    a, b, c, d, e, f = (transforms[:, place, None, None] for place in range(6))
    y, x = ops.arange(height, dtype="float32")[:, None], ops.arange(width, dtype="float32")
    from_x = ops.clip(a * x + b * y + c, -1, width) + 1
    from_y = ops.clip(d * x + e * y + f, -1, height) + 1
    left, top = ops.floor(from_x), ops.floor(from_y)
    right, below = (from_x - left)[..., None], (from_y - top)[..., None]
    first = ops.arange(count, dtype="int32")[:, None, None] * (rows * columns)
    place = first + ops.cast(top, "int32") * columns + ops.cast(left, "int32")

    def row(start: Any) -> Any:
        one, other = ops.take(pixels, start, axis=0), ops.take(pixels, start + 1, axis=0)
        return one + (other - one) * right

    upper, lower = row(place), row(place + columns)
    return upper + (lower - upper) * below
