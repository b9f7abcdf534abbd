"""The base class of scans, and the order in which one reads pixels."""

from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError


class Scan(keras.layers.Layer):
    """A layer that reads images `(batch, height, width, channels)` as `(batch, steps, features)`.

    A subclass says what `read` does. Images without a channel axis, `(batch, height, width)`, are
    taken as having one channel. A sequence `(batch, steps, features)` is taken in the same way: its
    steps are rows. If it is masked, each ends with its last step that is not.

    Args:
        reverse: read the last step first.
    """

    keeps_steps = False
    """Whether each row of what it reads stays a step, so that series of any length can be read."""

    def __init__(self, reverse: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.reverse = reverse
        self.supports_masking = True

    def read(self, images: Any) -> Any:
        """Turn `(batch, height, width, channels)` into `(batch, steps, features)`."""
        raise NotImplementedError

    def call(self, images: Any, mask: Any = None) -> Any:
        if len(images.shape) == 3:
            if mask is not None or images.shape[1] is None:
                self.check_reads_series()
            images = ops.expand_dims(images, -1)
        sequence = self.read(images)
        if not self.reverse:
            return sequence
        return ops.flip(sequence, axis=1) if mask is None else _reversed(sequence, mask)

    def check_reads_series(self) -> None:
        """Check that it reads series of any length, with masks.

        Raises:
            SeqvisionError: it does not.
        """
        if not self.keeps_steps:
            raise SeqvisionError(
                f"model: the scan {type(self).__name__.lower()!r} reads images; series are read "
                "step by step, `scan: rows`, or from their ends, `{name: rows, reverse: true}`"
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reverse": self.reverse}


def _reversed(sequence: Any, mask: Any) -> Any:
    """Each of `(batch, steps, features)` backwards, its masked steps left at the end."""
    steps = ops.arange(ops.shape(sequence)[1], dtype="int32")
    last = ops.max(ops.where(mask, steps, -1), axis=1, keepdims=True)
    from_end = ops.where(steps <= last, last - steps, steps)
    return ops.take_along_axis(sequence, from_end[:, :, None], axis=1)


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
