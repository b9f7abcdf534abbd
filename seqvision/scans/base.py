"""The base class of scans, and the order in which one reads pixels."""

from typing import Any

import keras
import numpy as np
from keras import ops


class Scan(keras.layers.Layer):
    """A layer that reads images `(batch, height, width, channels)` as `(batch, steps, features)`.

    A subclass says what `read` does. Images without a channel axis, `(batch, height, width)`, are
    taken as having one channel.

    Args:
        reverse: read the last step first.
    """

    def __init__(self, reverse: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.reverse = reverse

    def read(self, images: Any) -> Any:
        """Turn `(batch, height, width, channels)` into `(batch, steps, features)`."""
        raise NotImplementedError

    def call(self, images: Any) -> Any:
        if len(images.shape) == 3:
            images = ops.expand_dims(images, -1)
        sequence = self.read(images)
        return ops.flip(sequence, axis=1) if self.reverse else sequence

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reverse": self.reverse}


def reading_order(scan: Scan, height: int, width: int) -> np.ndarray:
    """The step at which a scan reads each pixel, as `(height, width)` integers from 0.

    It is found by scanning an image in which each pixel holds its own index.
    """
    places = np.arange(height * width, dtype="float32").reshape(1, height, width, 1)
    # Not by calling the layer: in half precision it would round the indices.
    sequence = ops.convert_to_numpy(scan.call(ops.convert_to_tensor(places)))[0].astype(int)
    order = np.full(height * width, -1)
    for step, features in enumerate(sequence):
        order[features] = step
    return order.reshape(height, width)
