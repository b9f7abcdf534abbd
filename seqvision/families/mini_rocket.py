"""Thousands of fixed convolutions, and a linear classifier, which alone is trained."""

from collections.abc import Sequence

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, model_input, scanned
from seqvision.layers.mini_rocket import MiniRocket
from seqvision.layers.standardization import Standardization
from seqvision.options import InputSpec, PositiveInt, Rate, ScanSpec


@FAMILIES.register("mini_rocket", paper="Dempster, Schmidt & Webb 2021, arXiv 2012.08791")
def mini_rocket(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    num_features: PositiveInt = 10_000,
    max_dilations: PositiveInt = 32,
    steps: PositiveInt | None = None,
    seed: int = 0,
    scan: ScanSpec = "rows",
    dropout: Rate = 0.0,
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """A linear classifier of how often each of many fixed convolutions is above its bias.

    A run sets the biases, and the mean and deviation by which the features are standardised, by
    its training samples; then only the logits are trained. A model that is created without a run
    has biases for white noise: call `adapt` of the layers `mini_rocket` and `standard`, in this
    order, with what each reads.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        num_features: of the linear classifier, rounded down to a multiple of 84.
        max_dilations: the most dilations of each of the 84 kernels.
        steps: how many steps the longest series has, by which dilations are chosen: longer ones
            are read all the same. Needed for series; of images the scan says it.
        seed: what is drawn at random is drawn by: the features that a kernel sums, and the
            training samples that its biases are quantiles of.
        scan: the order in which images are read.
        dropout: the share of features set to zero.
        scale: what raw pixels are multiplied by: 1/255.
        input: what is done to raw samples, as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: the samples are series, and there is no `steps`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("mini_rocket", input_shape=(96, 3), num_classes=5)
        >>> model.output_shape, model.count_params()
        ((None, 5), 104921)
    """
    raw, samples = model_input(input_shape, input, scale)
    layer = MiniRocket(num_features, max_dilations, steps, seed, name="mini_rocket")
    features = Standardization(name="standard")(layer(scanned(samples, scan)))
    if dropout:
        features = keras.layers.Dropout(dropout, name="dropout")(features)
    return classifier(raw, features, num_classes, "mini_rocket")
