"""MLP-Mixer: Dense layers over the features of each patch, and over the patches of each feature."""

from collections.abc import Sequence

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import image_input
from seqvision.families.patches import across, added, classified, mlp, patches
from seqvision.options import ImageSize, InputSpec, Pooling, PositiveFloat, PositiveInt, Rate


@FAMILIES.register("mlp_mixer", paper="Tolstikhin et al. 2021, arXiv 2105.01601")
def mlp_mixer(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    patch_size: PositiveInt | ImageSize = 4,
    units: PositiveInt = 64,
    depth: PositiveInt = 4,
    token_mlp_ratio: PositiveFloat = 0.5,
    mlp_ratio: PositiveFloat = 4.0,
    dropout: Rate = 0.0,
    pooling: Pooling = "mean",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Patches mixed by two MLPs in turn: across the patches, then over each one's features.

    With X `(patches, units)`, a block is

        X' = X + W₂ GELU(W₁ norm(X)),  Y = X' + GELU(norm(X') W₃) W₄

    and after the last one the patches are normalised once more. W₁ and W₂ belong to places, so that
    positions need not be added. Mixer-B/16 is `patch_size: 16, units: 768, depth: 12`.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        token_mlp_ratio: how many times as wide as `units` the hidden layer over the patches is.
        mlp_ratio: the same of the hidden layer over the features.
        dropout: the share of values set to zero, of what is added to the patches and within MLPs.
        pooling: `mean`, `max`, `attention` over all patches, or the `last`.
        patch_size, units, depth: as in `vit_patches`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("mlp_mixer")
        >>> model.output_shape, model.count_params()
        ((None, 10), 148110)
    """
    raw, images = image_input("mlp_mixer", input_shape, input, scale)
    x = keras.layers.Dense(units, name="encoder")(patches(images, patch_size))
    over_patches = mlp(units * token_mlp_ratio, dropout)
    over_features = mlp(units * mlp_ratio, dropout)
    for n in range(1, depth + 1):
        x = added(x, lambda x, name: across(x, over_patches, name), dropout, f"token_mlp_{n}")
        x = added(x, over_features, dropout, f"mlp_{n}")
    return classified(raw, x, pooling, num_classes, "mlp_mixer")
