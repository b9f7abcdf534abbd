"""Several branches that read the same image, each by its own scan, merged at the end."""

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

_MERGE = {
    "concat": keras.layers.Concatenate,
    "sum": keras.layers.Add,
    "mul": keras.layers.Multiply,
    "ave": keras.layers.Average,
}


@FAMILIES.register("multi_scan", old_name="two_way")
def multi_scan(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scans: list[ScanSpec] = ["rows", "columns"],  # noqa: B006  (read, never changed)
    cell: CellSpec = "gru",
    units: Units = 128,
    bidirectional: bool = False,
    merge_mode: MergeMode = "concat",
    dropout: Rate = 0.0,
    recurrent_dropout: Rate = 0.0,
    layer_norm: bool = False,
    pooling: Pooling = "last",
    wrap: list[WrapperSpec] = [],  # noqa: B006
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """A branch for each scan, such as one over the rows and one over the columns, merged.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        scans: the order in which each branch reads.
        units: the size of each branch's state; a list makes as many layers.
        bidirectional: let each branch read in both directions and concatenate them.
        merge_mode: how the branches are merged.
        cell, dropout, recurrent_dropout, layer_norm, pooling, wrap, scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("multi_scan", scans=["rows", "columns"], units=64)
        >>> model.output_shape, model.count_params()
        ((None, 10), 37386)
    """
    raw, samples = model_input(input_shape, input, scale)
    directions = "concat" if bidirectional else None
    read = Reader(cell, units, dropout, recurrent_dropout, layer_norm, pooling, directions, wrap)
    branches = [
        read(scanned(samples, scan, f"scan_{way}"), f"way_{way}_")
        for way, scan in enumerate(scans, start=1)
    ]
    merged = branches[0] if len(branches) == 1 else _MERGE[merge_mode](name="merged")(branches)
    return classifier(raw, merged, num_classes, "multi_scan")
