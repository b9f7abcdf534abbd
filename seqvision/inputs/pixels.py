"""The pixels of images, scaled, and the image smaller if asked for."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.errors import SeqvisionError
from seqvision.inputs import INPUTS
from seqvision.options import PositiveInt


@INPUTS.register("pixels", kind="image")
def pixels(
    shape: Sequence[int | None], scale: float = 1 / 255, shrink: PositiveInt = 1
) -> tuple[Any, Any]:
    """Images, every pixel multiplied by `scale`; or every square of pixels, made one, their mean.

    Args:
        shape: `(height, width)` or `(height, width, channels)` of the raw images.
        scale: 1/255 makes 0..255 into 0..1.
        shrink: so many pixels a side become one: 2 makes 14×14 of 28×28, 196 steps of 784 for a
            scan of pixels.

    Returns:
        The model's input, and the scaled images `(batch, height, width, channels)`.

    Raises:
        SeqvisionError: the shape is neither, or `shrink` divides no side of it.
    """
    if len(shape) not in (2, 3) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise SeqvisionError(
            "input_shape: expected (height, width) or (height, width, channels) of images, or "
            f"(None, features) of series, got {tuple(shape)}"
        )
    images = keras.Input(tuple(shape), name="images")
    height, width = images.shape[1:3]
    if height % shrink or width % shrink:
        raise SeqvisionError(f"input: shrink: {shrink} does not divide images of {height}×{width}")
    scaled = keras.layers.Rescaling(scale, name="scaled")(images)
    if len(shape) == 2:
        scaled = keras.layers.Reshape((*shape, 1), name="channel")(scaled)
    if shrink > 1:
        scaled = keras.layers.AveragePooling2D(shrink, name="shrunk")(scaled)
    return images, scaled
