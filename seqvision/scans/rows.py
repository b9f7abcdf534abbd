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

    Args:
        reverse: read the last row first.
    """

    def __init__(self, reverse: bool = False, **kwargs):
        super().__init__(reverse, **kwargs)

    def read(self, images: Any) -> Any:
        _, height, width, channels = images.shape
        return ops.reshape(images, (-1, height, width * channels))
