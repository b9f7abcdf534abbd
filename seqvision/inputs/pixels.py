"""The pixels of images, scaled."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.errors import SeqvisionError
from seqvision.inputs import INPUTS


@INPUTS.register("pixels", kind="image")
def pixels(shape: Sequence[int | None], scale: float = 1 / 255) -> tuple[Any, Any]:
    """Images, every pixel multiplied by `scale`.

    Args:
        shape: `(height, width)` or `(height, width, channels)` of the raw images.
        scale: 1/255 makes 0..255 into 0..1.

    Returns:
        The model's input, and the scaled images `(batch, height, width, channels)`.

    Raises:
        SeqvisionError: the shape is neither.
    """
    if len(shape) not in (2, 3) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise SeqvisionError(
            "input_shape: expected (height, width) or (height, width, channels) of images, or "
            f"(None, features) of series, got {tuple(shape)}"
        )
    images = keras.Input(tuple(shape), name="images")
    scaled = keras.layers.Rescaling(scale, name="scaled")(images)
    if len(shape) == 2:
        scaled = keras.layers.Reshape((*shape, 1), name="channel")(scaled)
    return images, scaled
