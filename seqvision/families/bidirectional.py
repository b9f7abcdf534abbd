"""Stacked layers that each read the sequence in both directions."""

from collections.abc import Sequence

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import Reader, classifier, model_input, scanned
from seqvision.options import (
    CellSpec,
    InputSpec,
    MergeMode,
    Pooling,
    Rate,
    ScanSpec,
    Units,
    WrapperSpec,
)


@FAMILIES.register("bidirectional", paper="Schuster & Paliwal 1997")
def bidirectional(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "rows",
    cell: CellSpec = "gru",
    units: Units = 128,
    merge_mode: MergeMode = "concat",
    dropout: Rate = 0.0,
    recurrent_dropout: Rate = 0.0,
    layer_norm: bool = False,
    pooling: Pooling = "last",
    wrap: list[WrapperSpec] = [],  # noqa: B006
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Recurrent layers that each read in both directions.

    With `pooling: last` each direction returns the step that it reads last.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        units: the size of the state of one direction; a list makes as many layers.
        merge_mode: how the two directions are merged, as in `keras.layers.Bidirectional`.
        scan, cell, dropout, recurrent_dropout, layer_norm, pooling, wrap, scale, input: as in
            `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("bidirectional", cell="lstm", units=64)
        >>> model.output_shape, model.count_params()
        ((None, 10), 48906)
    """
    raw, samples = model_input(input_shape, input, scale)
    read = Reader(cell, units, dropout, recurrent_dropout, layer_norm, pooling, merge_mode, wrap)
    return classifier(raw, read(scanned(samples, scan)), num_classes, "bidirectional")
