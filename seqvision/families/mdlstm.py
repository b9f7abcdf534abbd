"""Multi-dimensional LSTMs, which move over an image along height and width at once."""

from collections.abc import Sequence
from typing import Literal

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, image_input
from seqvision.families.patches import patch_grid
from seqvision.layers.mdlstm import MDLSTM
from seqvision.layers.pooling import POOLINGS
from seqvision.options import InputSpec, MergeMode, Pooling, PositiveInt, Rate, Units


@FAMILIES.register("mdlstm", paper="Graves, Fernández & Schmidhuber 2007, arXiv 0705.2011")
def mdlstm(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    patch_size: PositiveInt = 1,
    units: Units = 16,
    directions: Literal[1, 2, 4] = 4,
    merge_mode: MergeMode = "concat",
    use_peepholes: bool = True,
    dropout: Rate = 0.0,
    pooling: Pooling = "mean",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """LSTMs in which each pixel or patch follows both the one above and the one on its left.

    Each layer is a `seqvision.layers.MDLSTM`, which returns a feature map as large as the one it
    reads.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        patch_size: the side of the square of pixels that is read at once; with 2 there are half as
            many rows and columns, and a loop half as long.
        units: the size of the state of one direction; a list makes as many layers.
        directions: 1 reads from the top left; 2 also from the bottom right; 4 from each corner.
        merge_mode: how the directions of a layer are merged.
        use_peepholes: whether the gates see the state of the cell.
        dropout: the share of each layer's output set to zero, anew at each position.
        pooling: `mean`, `max` or `attention` over all positions; or `last`, the corner where each
            direction ends.
        scale: what raw pixels are multiplied by: 1/255.
        input: what is done to raw samples; by default `pixels`, which scales images.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("mdlstm")
        >>> model.output_shape, model.count_params()
        ((None, 10), 11786)
    """
    why = "moves along height and width"
    raw, samples = image_input("mdlstm", input_shape, input, scale, why)
    samples = patch_grid(samples, patch_size, "patches")
    units = [units] if isinstance(units, int) else units
    for depth, size in enumerate(units, start=1):
        every_position = depth < len(units) or pooling != "last"
        samples = MDLSTM(
            size,
            directions,
            merge_mode,
            return_sequences=every_position,
            use_peepholes=use_peepholes,
            name=f"recurrent_{depth}",
        )(samples)
        if dropout:
            samples = keras.layers.Dropout(dropout, name=f"dropout_{depth}")(samples)
    if pooling != "last":
        samples = keras.layers.Reshape((-1, samples.shape[-1]), name="flat")(samples)
        samples = POOLINGS[pooling](name=pooling)(samples)
    return classifier(raw, samples, num_classes, "mdlstm")
