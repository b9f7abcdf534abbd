"""The residual network for series."""

from collections.abc import Sequence

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, model_input, scanned
from seqvision.families.convolutions import Convolutions, mean, relu
from seqvision.options import InputSpec, KernelSizes, ScanSpec, Share, Units


@FAMILIES.register("resnet1d", paper="Wang, Yan & Oates 2016, arXiv 1611.06455")
def resnet1d(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "rows",
    filters: Units = [64, 128, 128],  # noqa: B006  (read, never changed)
    kernel_sizes: KernelSizes = [8, 5, 3],  # noqa: B006
    momentum: Share = 0.99,
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Residual network: blocks of convolutions over steps, each beside a shortcut; then the mean.

        y ← norm(y ∗ K + b), from x on, for each kernel size, with ReLU between them
        x ← ReLU(y + shortcut(x)), for each block
        logits = mean over the steps of x · W + c

    `norm` is batch normalization. The shortcut is norm(x), or norm(x ∗ k + b) with a kernel of one
    step where a block has another number of features than the one before. Padding counts in neither
    the normalizations nor the mean.

    The paper does not say how a shortcut becomes as wide, and its authors' code has the kernel in
    the last block too; this is the network of Fawaz et al. 2018, arXiv 1809.04356, who found it the
    best of nine.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        filters: how many features a step has in a block; a list makes as many blocks.
        kernel_sizes: how many steps each convolution of a block sees; it has as many.
        scan, momentum: as in `fcn`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("resnet1d", input_shape=(None, 3), num_classes=5)
        >>> model.output_shape, model.count_params()
        ((None, 5), 508363)
    """
    raw, samples = model_input(input_shape, input, scale)
    made = Convolutions(momentum)
    x = scanned(samples, scan)
    for block, count in enumerate([filters] if isinstance(filters, int) else filters, start=1):
        y = x
        for depth, size in enumerate(kernel_sizes, start=1):
            y = y if depth == 1 else relu(y, f"{block}_{depth - 1}")
            y = made.conv_norm(y, count, size, f"{block}_{depth}")
        name = f"{block}_shortcut"
        x = made.norm(x, name) if x.shape[-1] == count else made.conv_norm(x, count, 1, name)
        x = relu(keras.layers.Add(name=f"add_{block}")([y, x]), f"{block}")
    return classifier(raw, mean(x), num_classes, "resnet1d")
