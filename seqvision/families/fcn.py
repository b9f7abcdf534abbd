"""The fully convolutional network for series."""

from collections.abc import Sequence

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, model_input, scanned
from seqvision.families.convolutions import Convolutions
from seqvision.options import InputSpec, KernelSizes, ScanSpec, Share, Units


@FAMILIES.register("fcn", paper="Wang, Yan & Oates 2016, arXiv 1611.06455")
def fcn(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "rows",
    filters: Units = [128, 256, 128],  # noqa: B006  (read, never changed)
    kernel_sizes: KernelSizes = [8, 5, 3],  # noqa: B006
    momentum: Share = 0.99,
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """Fully convolutional network: convolutions over steps, and the mean of what they find.

        x ← ReLU(norm(x ∗ K + b)), for each kernel size
        logits = mean over the steps of x · W + c

    `norm` is batch normalization. Padding counts in neither it nor the mean.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        scan: the order in which an image is read as a sequence; of series `rows` reads the steps.
        filters: how many features a step has after each convolution; a number is that of all.
        kernel_sizes: how many steps each convolution sees; there are as many convolutions.
        momentum: how much of its running mean and variance, which count after training, a
            normalization keeps at each training step; lower it where these are few.
        scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Raises:
        SeqvisionError: there are more or fewer of `filters` than of `kernel_sizes`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("fcn", input_shape=(None, 3), num_classes=5)
        >>> model.output_shape, model.count_params()
        ((None, 5), 268427)
    """
    raw, samples = model_input(input_shape, input, scale)
    features = Convolutions(momentum).fully(scanned(samples, scan), filters, kernel_sizes)
    return classifier(raw, features, num_classes, "fcn")
