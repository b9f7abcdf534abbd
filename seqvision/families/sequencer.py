"""Sequencer: blocks that read the rows and the columns of a grid of patches by LSTMs."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.families.base import image_input
from seqvision.families.patches import added, classified, for_each, mlp, patch_grid, swept
from seqvision.options import (
    CellSpec,
    InputSpec,
    Pooling,
    PositiveFloat,
    PositiveInt,
    Rate,
    Units,
)


@FAMILIES.register("sequencer", paper="Tatsunami & Taki 2022, arXiv 2205.01972")
def sequencer(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    patch_size: PositiveInt | list[PositiveInt] = 4,
    cell: CellSpec = "lstm",
    units: Units = 64,
    depth: PositiveInt | list[PositiveInt] = 4,
    mlp_ratio: PositiveFloat = 3.0,
    dropout: Rate = 0.0,
    pooling: Pooling = "mean",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Rows and columns of patches read in both directions, in the place of a ViT's attention.

    A patch is made `units` wide by a Dense layer. A block is

        x' = x + W [columns(norm(x)), rows(norm(x))] + b,  y = x' + W₂ GELU(W₁ norm(x'))

    with `columns` and `rows` a recurrent layer each, in two directions whose states are a quarter
    of the units. A further stage makes patches of the places of the one before. After the last one
    all are normalised once more. Sequencer2D-S is `patch_size: [7, 2, 1, 1], units: [192, 384, 384,
    384], depth: [4, 3, 8, 3]`.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        patch_size: the side of a patch in pixels; a list goes on with the sides, in places, of the
            patches of later stages, which are 1 if not given.
        cell: what happens at one step along a row or a column.
        units: how many features a place has in all blocks; a list makes as many stages.
        depth: how many blocks a stage has; a list says it for each.
        mlp_ratio: how many times as wide as `units` the hidden layer of a block is.
        dropout: the share of values set to zero, of what is added to the places and within MLPs.
        pooling: `mean`, `max`, `attention` over all places, or the `last`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series, or a list is not as long as there are stages.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("sequencer")
        >>> model.output_shape, model.count_params()
        ((None, 10), 201802)
    """
    raw, grid = image_input("sequencer", input_shape, input, scale)
    units = [units] if isinstance(units, int) else units
    depths = for_each("sequencer: depth", depth, len(units), "stages")
    for stage, (count, size, blocks) in enumerate(
        zip(units, _sides(patch_size, len(units)), depths, strict=True), start=1
    ):
        grid = patch_grid(grid, size, f"scan_{stage}")
        grid = keras.layers.Dense(count, name=f"encoder_{stage}")(grid)
        for n in range(1, blocks + 1):
            grid = added(grid, _both_ways(cell), dropout, f"lines_{stage}_{n}")
            grid = added(grid, mlp(count * mlp_ratio, dropout), dropout, f"mlp_{stage}_{n}")
    sequence = keras.layers.Reshape((-1, grid.shape[-1]), name="places")(grid)
    return classified(raw, sequence, pooling, num_classes, "sequencer")


def _both_ways(cell: str | dict[str, Any]) -> Any:
    """A branch that reads along the columns and along the rows."""

    def branch(grid: Any, name: str) -> Any:
        units = grid.shape[-1]
        state = max(1, units // 4)
        read = [swept(grid, cell, state, way, f"{name}_{way}") for way in ("columns", "rows")]
        both = keras.layers.Concatenate(name=f"{name}_both")(read)
        return keras.layers.Dense(units, name=f"{name}_out")(both)

    return branch


def _sides(patch_size: int | list[int], stages: int) -> list[int]:
    """The side of the patches that each stage makes."""
    given = [patch_size] if isinstance(patch_size, int) else patch_size
    if len(given) > stages:
        raise SeqvisionError(
            f"sequencer: patch_size: expected at most one number for each of {stages} stages, got "
            f"{given}"
        )
    return [*given, *[1] * (stages - len(given))]
