"""Stacked recurrent layers: the tutorial's model, and the simplest."""

from collections.abc import Sequence

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import Reader, classifier, model_input, scanned
from seqvision.options import CellSpec, InputSpec, Pooling, Rate, ScanSpec, Units, WrapperSpec


@FAMILIES.register("stacked", causal=True)
def stacked(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "rows",
    cell: CellSpec = "gru",
    units: Units = 128,
    dropout: Rate = 0.0,
    recurrent_dropout: Rate = 0.0,
    layer_norm: bool = False,
    pooling: Pooling = "last",
    wrap: list[WrapperSpec] = [],  # noqa: B006
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Recurrent layers one upon another, reading in one direction.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        scan: the order in which an image is read as a sequence.
        cell: what happens in one time step.
        units: the size of each layer's state; a list makes as many layers.
        dropout: the share of each layer's output set to zero, anew at each time step.
        recurrent_dropout: the share of the state set to zero, the same at every time step.
        layer_norm: normalise between the layers.
        pooling: `last` step, `mean`, `max` or `attention` over all steps.
        wrap: wrappers around each layer's cell, the innermost first.
        scale: what raw pixels are multiplied by: 1/255.
        input: what is done to raw samples, such as `{name: series, normalize: each}`; by the kind
            of the samples when not given: `pixels` scales images, `series` normalises series.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("stacked", cell="lstm", units=[64, 64], dropout=0.2)
        >>> model.output_shape, model.count_params()
        ((None, 10), 57482)
    """
    raw, samples = model_input(input_shape, input, scale)
    read = Reader(cell, units, dropout, recurrent_dropout, layer_norm, pooling, wrap=wrap)
    return classifier(raw, read(scanned(samples, scan)), num_classes, "stacked")
