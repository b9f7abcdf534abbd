"""Convolutions first, and recurrent layers over what they made of the rows, columns or steps."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import Reader, classifier, model_input, scanned
from seqvision.layers.masked_convolution import MaskedConv1D, MaskedMaxPooling1D
from seqvision.options import (
    CellSpec,
    InputSpec,
    Pooling,
    PositiveInt,
    Rate,
    ScanSpec,
    Units,
    WrapperSpec,
)


@FAMILIES.register(
    "conv_rnn",
    paper="Shi, Bai & Yao 2015, arXiv 1507.05717; Ordóñez & Roggen 2016, doi 10.3390/s16010115",
)
def conv_rnn(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    filters: Units = [32, 64],  # noqa: B006  (read, never changed)
    kernel_size: PositiveInt = 3,
    strides: PositiveInt = 1,
    pool: PositiveInt = 2,
    scan: ScanSpec = "rows",
    cell: CellSpec = "gru",
    units: Units = 128,
    bidirectional: bool = False,
    dropout: Rate = 0.0,
    recurrent_dropout: Rate = 0.0,
    layer_norm: bool = False,
    pooling: Pooling = "last",
    wrap: list[WrapperSpec] = [],  # noqa: B006
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Recurrent layers that read what convolutions make of an image or a series.

    A block is a convolution with ReLU and, if `pool` is above 1, max pooling. Of an image it makes
    a feature map, which is read as an image is; of a series it makes another of fewer steps. A
    convolution sees the steps around each, so the family looks ahead, even where it reads in one
    direction.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        filters: how many features each place has after a convolution; a list makes as many blocks.
        kernel_size: how many pixels, in height and in width, or steps a convolution sees.
        strides: how far apart the places are at which it looks, in pixels or steps.
        pool: the side of the square of pixels, or the number of steps, that becomes one. What is
            left at an edge or end is pooled too: 5 becomes 3.
        scan: the order in which the feature map is read as a sequence.
        units: the size of the state of one direction; a list makes as many layers.
        bidirectional: let each recurrent layer read in both directions and concatenate them.
        cell, dropout, recurrent_dropout, layer_norm, pooling, wrap, scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("conv_rnn", filters=[16, 32], cell="lstm", units=32)
        >>> model.output_shape, model.count_params()
        ((None, 10), 38026)
    """
    raw, samples = model_input(input_shape, input, scale)
    for depth, count in enumerate([filters] if isinstance(filters, int) else filters, start=1):
        samples = _block(samples, (count, kernel_size, strides), pool, depth)
    directions = "concat" if bidirectional else None
    read = Reader(cell, units, dropout, recurrent_dropout, layer_norm, pooling, directions, wrap)
    return classifier(raw, read(scanned(samples, scan)), num_classes, "conv_rnn")


def _block(samples: Any, sizes: tuple[int, int, int], pool: int, depth: int) -> Any:
    """Convolve and pool images, or series with their mask.

    Args:
        sizes: filters, kernel size and strides.
    """
    convolution: dict[str, Any] = {"activation": "relu", "name": f"conv_{depth}"}
    pooling: dict[str, Any] = {"name": f"pool_{depth}"}
    if len(samples.shape) == 3:
        layers = MaskedConv1D(*sizes, **convolution), MaskedMaxPooling1D(pool, **pooling)
    else:
        how = {"padding": "same", "data_format": "channels_last"}
        layers = (
            keras.layers.Conv2D(*sizes, **how, **convolution),
            keras.layers.MaxPooling2D(pool, **how, **pooling),
        )
    samples = layers[0](samples)
    return layers[1](samples) if pool > 1 else samples
