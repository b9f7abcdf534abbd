"""ReNet: recurrent layers that sweep over an image, up and down, then left and right."""

from collections.abc import Sequence
from typing import Literal

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, image_input
from seqvision.families.patches import dropped, for_each, patch_grid, swept
from seqvision.layers.pooling import POOLINGS
from seqvision.options import CellSpec, InputSpec, PositiveInt, Rate, Units


@FAMILIES.register("renet", paper="Visin et al. 2015, arXiv 1505.00393")
def renet(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    patch_size: PositiveInt | list[PositiveInt] = 2,
    cell: CellSpec = "gru",
    units: Units = [64, 64],  # noqa: B006  (read, never changed)
    dense: list[PositiveInt] = [256],  # noqa: B006
    dropout: Rate = 0.0,
    pooling: Literal["flatten", "last", "mean", "max", "attention"] = "flatten",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Layers that sweep over patches, each place seeing all: four recurrent layers in each.

    A layer cuts the image, or what the layer before made of it, into patches p(i, j) of row i and
    column j. It reads each column from both ends, and then each row of what came of that:

        v↓(i, j) = cell(p(i, j), v↓(i − 1, j)),  v↑(i, j) = cell(p(i, j), v↑(i + 1, j))
        h→(i, j) = cell(v(i, j), h→(i, j − 1)),  h←(i, j) = cell(v(i, j), h←(i, j + 1))

    with v = [v↓, v↑], and h = [h→, h←] what comes out, 2 · units features at each place. The
    paper's model of MNIST is `units: [256, 256], dense: [4096, 4096], dropout: 0.2`.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        patch_size: the side of a patch, in pixels or places; a list says it for each layer.
        cell: what happens at one step of a sweep.
        units: the size of the state of one direction; a list makes as many layers.
        dense: the sizes of the Dense layers with ReLU before the logits; none if it is empty.
        dropout: the share of values set to zero after each layer of either kind.
        pooling: `flatten` gives the Dense layers all places side by side, the others one vector:
            the `mean`, `max` or `attention` over all places, or the `last`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series, or a list is not as long as there are layers.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("renet", patch_size=4, units=32)
        >>> model.output_shape, model.count_params()
        ((None, 10), 834058)
    """
    raw, grid = image_input("renet", input_shape, input, scale)
    units = [units] if isinstance(units, int) else units
    sizes = for_each("renet: patch_size", patch_size, len(units), "layers")
    for depth, (count, size) in enumerate(zip(units, sizes, strict=True), start=1):
        grid = patch_grid(grid, size, f"scan_{depth}")
        for lines in ("columns", "rows"):
            grid = swept(grid, cell, count, lines, f"{lines}_{depth}")
        grid = dropped(grid, dropout, f"dropout_{depth}")
    if pooling == "flatten":
        features = keras.layers.Flatten(name="flatten")(grid)
    else:
        places = keras.layers.Reshape((-1, grid.shape[-1]), name="places")(grid)
        features = POOLINGS[pooling](name=pooling)(places)
    for depth, count in enumerate(dense, start=1):
        features = keras.layers.Dense(count, activation="relu", name=f"dense_{depth}")(features)
        features = dropped(features, dropout, f"dense_dropout_{depth}")
    return classifier(raw, features, num_classes, "renet")
