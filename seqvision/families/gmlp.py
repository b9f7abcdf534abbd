"""gMLP: what each patch says is multiplied by a weighted sum of what all say."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import image_input
from seqvision.families.patches import across, added, classified, normalized, patches
from seqvision.options import ImageSize, InputSpec, Pooling, PositiveFloat, PositiveInt, Rate


@FAMILIES.register("gmlp", paper="Liu et al. 2021, arXiv 2105.08050")
def gmlp(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    patch_size: PositiveInt | ImageSize = 4,
    units: PositiveInt = 64,
    depth: PositiveInt = 4,
    mlp_ratio: PositiveFloat = 6.0,
    dropout: Rate = 0.0,
    pooling: Pooling = "mean",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Patches mixed by gates: an MLP whose hidden half is gated by the other half of all patches.

    With X `(patches, units)`, a block is

        U = GELU(norm(X) W₁),  V = GELU(norm(X) W₂)
        Y = X + (U ∘ (S norm(V) + b)) W₃

    S, patches × patches, begins near zero and b at one, so that a block begins as an MLP of each
    patch alone. After the last block the patches are normalised once more. gMLP-S is `patch_size:
    16, units: 256, depth: 30`.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of the raw images.
        num_classes: the number of logits.
        mlp_ratio: how many times as wide as `units` U and V are, the two together.
        dropout: the share of values set to zero, of what is added to the patches.
        pooling: `mean`, `max`, `attention` over all patches, or the `last`.
        patch_size, units, depth: as in `vit_patches`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("gmlp")
        >>> model.output_shape, model.count_params()
        ((None, 10), 162962)
    """
    raw, images = image_input("gmlp", input_shape, input, scale)
    x = keras.layers.Dense(units, name="encoder")(patches(images, patch_size))
    half = max(1, int(units * mlp_ratio) // 2)
    for n in range(1, depth + 1):
        x = added(x, lambda x, name: _gated(x, half, name), dropout, f"gmlp_{n}")
    return classified(raw, x, pooling, num_classes, "gmlp")


def _gated(x: Any, size: int, name: str) -> Any:
    value = keras.layers.Dense(size, activation="gelu", name=f"{name}_value")(x)
    gate = keras.layers.Dense(size, activation="gelu", name=f"{name}_gate")(x)
    gate = across(normalized(gate, f"{name}_gate_norm"), _near_one, f"{name}_spatial")
    value = keras.layers.Multiply(name=f"{name}_gated")([value, gate])
    return keras.layers.Dense(x.shape[-1], name=f"{name}_out")(value)


def _near_one(turned: Any, name: str) -> Any:
    """S V + b, of V with its patches last."""
    around_0 = keras.initializers.RandomNormal(stddev=1e-3)
    spatial = keras.layers.Dense(
        turned.shape[-1], kernel_initializer=around_0, bias_initializer="ones", name=name
    )
    return spatial(turned)
