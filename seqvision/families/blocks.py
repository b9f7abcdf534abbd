"""Residual blocks of mixers, one upon another."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, model_input, scanned
from seqvision.layers.pooling import POOLINGS
from seqvision.mixers import MIXERS
from seqvision.mixers.block import Block, normalization
from seqvision.mixers.both_ways import BothWays
from seqvision.options import InputSpec, MixerSpec, Pooling, PositiveInt, Rate, ScanSpec
from seqvision.specs import build


@FAMILIES.register("blocks", causal=True, paper="Gu et al. 2021, arXiv 2111.00396")
def blocks(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "pixels",
    mixer: MixerSpec = "s4d",
    units: PositiveInt = 64,
    depth: PositiveInt = 4,
    norm: Literal["layer", "batch"] = "layer",
    norm_first: bool = True,
    dropout: Rate = 0.0,
    bidirectional: bool = False,
    pooling: Pooling = "mean",
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Residual blocks of a mixer, such as a state space, and of what each step does by itself.

    A step is made `units` wide by a Dense layer. A block then adds to the steps what it makes of
    them: norm, mixer, GELU, dropout, GLU, dropout; as S4, S5 and LRU are stacked.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        scan: the order in which an image is read as a sequence; of series `rows` reads the steps.
        mixer: what mixes steps (`seqvision list mixers`).
        units: how many features a step has in all blocks.
        depth: how many blocks.
        norm: normalise over the features (`layer`) or over batch and steps (`batch`).
        norm_first: normalise what goes into each mixer, and once more at the end; if not, what
            comes out of each block.
        dropout: the share of values set to zero, anew at each step.
        bidirectional: add to each mixer one that reads from the end.
        pooling: `last` step, `mean`, `max` or `attention` over all steps.
        scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("blocks", mixer="lru", units=32, depth=2, scan="pixels")
        >>> model.output_shape, model.count_params()
        ((None, 10), 13258)
    """
    raw, samples = model_input(input_shape, input, scale)
    sequence = scanned(samples, scan)
    sequence = keras.layers.Dense(units, name="encoder")(sequence)
    for n in range(1, depth + 1):
        made: Any = build(MIXERS, mixer, name="mixer")
        made = BothWays(made, name="both_ways") if bidirectional else made
        sequence = Block(made, norm, norm_first, dropout, name=f"block_{n}")(sequence)
    if norm_first:
        sequence = normalization(norm, name="norm")(sequence)
    features = POOLINGS[pooling](name=pooling)(sequence)
    return classifier(raw, features, num_classes, "blocks")
