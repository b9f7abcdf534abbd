"""Column by column, from the left."""

from typing import Any

import keras
from keras import ops

from seqvision.scans import SCANS
from seqvision.scans.base import Scan


@SCANS.register("columns", steps="width")
@keras.saving.register_keras_serializable("seqvision")
class Columns(Scan):
    """Each column of the image is a step, from the left; its pixels are the features.

    Args:
        reverse: read the last column first.

    Examples:
        >>> import keras
        >>> from seqvision.scans import Columns
        >>> keras.ops.shape(Columns()(keras.ops.zeros((2, 4, 6, 1))))
        (2, 6, 4)
    """

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(reverse, **kwargs)

    def read(self, images: Any) -> Any:
        _, height, width, channels = images.shape
        return ops.reshape(ops.transpose(images, (0, 2, 1, 3)), (-1, width, height * channels))
