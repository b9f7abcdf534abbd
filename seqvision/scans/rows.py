"""Row by row, from the top."""

from typing import Any

import keras
from keras import ops

from seqvision.scans import SCANS
from seqvision.scans.base import Scan


@SCANS.register("rows", steps="height")
@keras.saving.register_keras_serializable("seqvision")
class Rows(Scan):
    """Each row of the image is a step, from the top; its pixels are the features.

    A series is read step by step, and backwards within its own length.

    Args:
        reverse: read the last row first.

    Examples:
        >>> import keras
        >>> from seqvision.scans import Rows
        >>> keras.ops.shape(Rows(reverse=True)(keras.ops.zeros((2, 4, 6, 1))))
        (2, 4, 6)
    """

    keeps_steps = True

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def read(self, images: Any) -> Any:
        _, height, width, channels = images.shape
        # One size may be unknown to Keras: the batch, unless it is the steps of series.
        if height is None:
            return ops.squeeze(images, axis=-1)
        return ops.reshape(images, (-1, height, width * channels))
