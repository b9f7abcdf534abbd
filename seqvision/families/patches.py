"""What models over the patches of an image share: the patches, residual branches, and the end."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any

import keras

from seqvision.errors import SeqvisionError
from seqvision.families.base import classifier
from seqvision.layers.bidirectional import Bidirectional
from seqvision.layers.each_line import EachLine, Lines
from seqvision.layers.from_spec import recurrent_layer
from seqvision.layers.pooling import POOLINGS
from seqvision.scans import SCANS
from seqvision.specs import build


def patches(images: Any, size: int | Sequence[int], name: str = "scan") -> Any:
    """Cut images into patches, `(batch, patches, pixels)`, as the scan `patches` does."""
    return build(SCANS, {"name": "patches", "size": size}, name=name)(images)


def patch_grid(images: Any, size: int, name: str) -> Any:
    """Cut images or a feature map into square patches, `(batch, rows, columns, pixels)`."""
    if size == 1:
        return images
    _, height, width, _ = images.shape
    sequence = patches(images, size, name)
    shape = (ceil(height / size), ceil(width / size), sequence.shape[-1])
    return keras.layers.Reshape(shape, name=f"{name}_grid")(sequence)


def swept(grid: Any, cell: str | dict[str, Any], units: int, lines: Lines, name: str) -> Any:
    """Read the `rows` or `columns` of a grid in both directions, side by side.

    From `(batch, rows, columns, features)` to `(batch, rows, columns, 2 · units)`.
    """
    layer = recurrent_layer(cell, units, return_sequences=True, name=f"{name}_cell")
    both = Bidirectional(layer, merge_mode="concat", name=f"{name}_both")
    return EachLine(both, lines, name=name)(grid)


def normalized(x: Any, name: str) -> Any:
    """Normalise over the features, with the epsilon that the papers' own code has."""
    return keras.layers.LayerNormalization(epsilon=1e-6, name=name)(x)


def added(x: Any, branch: Callable[[Any, str], Any], dropout: float, name: str) -> Any:
    """A residual branch with its norm first: x + dropout(branch(norm(x))).

    Args:
        branch: takes what is normalised, and a name for its layers; returns what x has.
    """
    made = dropped(branch(normalized(x, f"{name}_norm"), name), dropout, f"{name}_dropout")
    return keras.layers.Add(name=f"{name}_added")([x, made])


def dropped(x: Any, rate: float, name: str) -> Any:
    """Set a share of the values to zero in training; without a layer if it is none."""
    return keras.layers.Dropout(rate, name=name)(x) if rate else x


def mlp(size: float, dropout: float) -> Callable[[Any, str], Any]:
    """A branch of two Dense layers over the features of each patch, the first with GELU.

    Args:
        size: how wide the first is, rounded down.
    """

    def branch(x: Any, name: str) -> Any:
        wide = keras.layers.Dense(max(1, int(size)), activation="gelu", name=f"{name}_hidden")(x)
        wide = dropped(wide, dropout, f"{name}_hidden_dropout")
        return keras.layers.Dense(x.shape[-1], name=f"{name}_out")(wide)

    return branch


def across(x: Any, branch: Callable[[Any, str], Any], name: str) -> Any:
    """Give a branch the patches in place of features: each feature is mixed over all patches."""
    turned = keras.layers.Permute((2, 1), name=f"{name}_turned")(x)
    return keras.layers.Permute((2, 1), name=f"{name}_back")(branch(turned, name))


def classified(raw: Any, x: Any, pooling: str, num_classes: int, name: str) -> keras.Model:
    """The model that normalises patches `(batch, patches, units)` and pools them to logits."""
    pooled = POOLINGS[pooling](name=pooling)(normalized(x, "norm"))
    return classifier(raw, pooled, num_classes, name)


def for_each(option: str, value: int | list[int], count: int, what: str) -> list[int]:
    """One number for each stage or layer: those of a list, or the same for all.

    Raises:
        SeqvisionError: the list has another length.
    """
    if isinstance(value, int):
        return [value] * count
    if len(value) != count:
        raise SeqvisionError(
            f"{option}: expected one number for each of {count} {what}, got {value}"
        )
    return value
