"""Convolutional LSTMs, which keep the positions of pixels while they read an image."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.families.base import classifier, image_input
from seqvision.layers.pooling import POOLINGS
from seqvision.options import InputSpec, Pooling, PositiveInt, Rate, Units


@FAMILIES.register(
    "conv_lstm", paper="Shi et al. 2015, arXiv 1506.04214", old_options={"units": "filters"}
)
def conv_lstm(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    frames: Literal["rows", "columns", "patches"] = "rows",
    patch_size: PositiveInt = 7,
    filters: Units = 16,
    kernel_size: PositiveInt = 3,
    dropout: Rate = 0.0,
    recurrent_dropout: Rate = 0.0,
    pooling: Pooling = "last",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """LSTMs whose products are convolutions, over the rows, columns or patches of an image.

    A step is a frame: a line of pixels, convolved along it, or a square patch, convolved over it.
    The layers are `keras.layers.ConvLSTM1D` and `ConvLSTM2D`; unlike the paper's they have no
    peepholes.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        frames: what a step is. Patches follow one another row by row.
        patch_size: the side of a patch, in pixels.
        filters: how many filters a layer has, each with a feature map as large as a frame; a list
            makes as many layers.
        kernel_size: the size of the convolutions of input and state, in pixels.
        dropout: the share of each layer's output set to zero, anew at each time step.
        recurrent_dropout: the share of the state set to zero, the same at every time step.
        pooling: `last` step, `mean`, `max` or `attention` over all steps.
        scale: what raw pixels are multiplied by: 1/255.
        input: what is done to raw samples, such as `{name: series, normalize: each}`; by the kind
            of the samples when not given: `pixels` scales images, `series` normalises series.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series, or images that cannot be cut into patches of that
            size.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("conv_lstm", frames="rows", filters=8)
        >>> model.output_shape, model.count_params()
        ((None, 10), 3146)
    """
    why = "convolves along each line of pixels"
    raw, samples = image_input("conv_lstm", input_shape, input, scale, why)
    sequence = _FRAMES[frames](samples, patch_size)
    layer = keras.layers.ConvLSTM2D if frames == "patches" else keras.layers.ConvLSTM1D
    filters = [filters] if isinstance(filters, int) else filters
    for depth, count in enumerate(filters, start=1):
        sequence = layer(
            count,
            kernel_size,
            padding="same",
            data_format="channels_last",
            recurrent_dropout=recurrent_dropout,
            return_sequences=depth < len(filters) or pooling != "last",
            name=f"recurrent_{depth}",
        )(sequence)
        if dropout:
            sequence = keras.layers.Dropout(dropout, name=f"dropout_{depth}")(sequence)
    if pooling == "last":
        features = keras.layers.Flatten(name="flat")(sequence)
    else:
        flat = keras.layers.Reshape((sequence.shape[1], -1), name="flat")(sequence)
        features = POOLINGS[pooling](name=pooling)(flat)
    return classifier(raw, features, num_classes, "conv_lstm")


def _patches(images: Any, size: int) -> Any:
    """From `(batch, height, width, channels)` to `(batch, patches, size, size, channels)`."""
    _, height, width, channels = images.shape
    if height % size or width % size:
        raise SeqvisionError(
            f"patch_size: an image of {height}×{width} pixels cannot be cut into patches of "
            f"{size}×{size}"
        )
    rows, columns = height // size, width // size
    grid = keras.layers.Reshape((rows, size, columns, size, channels), name="grid")(images)
    grid = keras.layers.Permute((1, 3, 2, 4, 5), name="patches")(grid)
    return keras.layers.Reshape((rows * columns, size, size, channels), name="frames")(grid)


_FRAMES = {
    "rows": lambda images, _: images,
    "columns": lambda images, _: keras.layers.Permute((2, 1, 3), name="frames")(images),
    "patches": _patches,
}
