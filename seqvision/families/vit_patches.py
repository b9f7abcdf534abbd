"""A Vision Transformer, small: attention over the patches of an image, for comparison."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from seqvision.errors import SeqvisionError
from seqvision.families import FAMILIES
from seqvision.families.base import image_input
from seqvision.families.patches import added, classified, dropped, mlp, patches
from seqvision.layers.positions import ClassToken, PositionEmbedding
from seqvision.mixers import MIXERS
from seqvision.options import ImageSize, InputSpec, PositiveFloat, PositiveInt, Rate
from seqvision.specs import build


@FAMILIES.register("vit_patches", paper="Dosovitskiy et al. 2021, arXiv 2010.11929")
def vit_patches(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    patch_size: PositiveInt | ImageSize = 4,
    units: PositiveInt = 64,
    depth: PositiveInt = 4,
    num_heads: PositiveInt = 4,
    mlp_ratio: PositiveFloat = 4.0,
    dropout: Rate = 0.0,
    pooling: Literal["class_token", "mean", "max", "attention"] = "class_token",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """A Vision Transformer over the patches of an image, with learned positions.

    A patch is made `units` wide by a Dense layer, and what was learned for its place is added. A
    block is

        x' = x + attention(norm(x)),  y = x' + W₂ GELU(W₁ norm(x'))

    and after the last one the patches are normalised once more. ViT-B/16 is `patch_size: 16, units:
    768, depth: 12, num_heads: 12`.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        patch_size: the side of a patch in pixels, or its height and width: `[1, 28]` are the rows
            of a digit.
        units: how many features a patch has in all blocks, a multiple of `num_heads`.
        depth: how many blocks.
        num_heads: how many heads attention has.
        mlp_ratio: how many times as wide as `units` the hidden layer of a block is.
        dropout: the share of values set to zero, of the embedded patches, of what is added to them,
            and within each MLP.
        pooling: `class_token`, a step of its own that attention writes to; or `mean`, `max` or
            `attention` over all patches.
        scale, input: as in `stacked`.

    Returns:
        A model from raw images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series, or the heads do not divide the units.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("vit_patches")
        >>> model.output_shape, model.count_params()
        ((None, 10), 205066)
    """
    if units % num_heads:
        raise SeqvisionError(
            f"vit_patches: units: expected a multiple of num_heads, {num_heads}, got {units}"
        )
    raw, images = image_input("vit_patches", input_shape, input, scale)
    x = keras.layers.Dense(units, name="encoder")(patches(images, patch_size))
    if pooling == "class_token":
        x = ClassToken(name="class_token")(x)
    x = dropped(PositionEmbedding(name="positions")(x), dropout, "dropout")
    heads = {"num_heads": num_heads, "key_dim": units // num_heads, "positions": "none"}

    def attention(x: Any, name: str) -> Any:
        return build(MIXERS, {"name": "attention", **heads}, name=name)(x)

    for n in range(1, depth + 1):
        x = added(x, attention, dropout, f"attention_{n}")
        x = added(x, mlp(units * mlp_ratio, dropout), dropout, f"mlp_{n}")
    read = "last" if pooling == "class_token" else pooling
    return classified(raw, x, read, num_classes, "vit_patches")
