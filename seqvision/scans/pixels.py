"""Pixel by pixel, in reading order."""

from typing import Any

import keras
from keras import ops

from seqvision.scans import SCANS
from seqvision.scans.base import Scan


@SCANS.register("pixels", steps="height × width")
@keras.saving.register_keras_serializable("seqvision")
class Pixels(Scan):
    """Each pixel of the image is a step, row by row; its channels are the features.

    Args:
        reverse: read the last pixel first.
    """

    def __init__(self, reverse: bool = False, **kwargs):
        super().__init__(reverse, **kwargs)

    def read(self, images: Any) -> Any:
        _, height, width, channels = images.shape
        return ops.reshape(images, (-1, height * width, channels))
