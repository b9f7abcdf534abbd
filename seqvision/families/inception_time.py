"""The network of InceptionTime."""

from collections.abc import Sequence
from typing import Any

import keras

from seqvision.families import FAMILIES
from seqvision.families.base import classifier, model_input, scanned
from seqvision.families.convolutions import Convolutions, mean, relu
from seqvision.layers.masked_convolution import MaskedMaxPooling1D
from seqvision.options import InputSpec, KernelSizes, PositiveInt, ScanSpec, Share


@FAMILIES.register("inception_time", paper="Fawaz et al. 2019, arXiv 1909.04939")
def inception_time(
    input_shape: Sequence[int | None],
    num_classes: int,
    *,
    scan: ScanSpec = "rows",
    filters: PositiveInt = 32,
    kernel_sizes: KernelSizes = [40, 20, 10],  # noqa: B006  (read, never changed)
    bottleneck: PositiveInt | None = 32,
    pool: PositiveInt = 3,
    depth: PositiveInt = 6,
    residual_every: PositiveInt = 3,
    momentum: Share = 0.99,
    scale: float = 1 / 255,
    input: InputSpec | None = None,
) -> keras.Model:
    """InceptionTime's network: modules of convolutions of several lengths side by side.

        module(x) = ReLU(norm([z ∗ K, for each kernel size; maxpool(x) ∗ k])), z = x ∗ k′
        x ← module(x), and after every third x ← ReLU(x + norm(r ∗ k″)),
            with r what came out of the third before, or went into the first
        logits = mean over the steps of x · W + c

    with k, k′ (the bottleneck) and k″ of one step, and `norm` batch normalization. No convolution
    has a bias. Padding counts in neither the normalizations nor the mean.

    This is one network. The paper's classifier is the mean of five that begin with other weights:
    runs of five seeds.

    Args:
        input_shape: `(height, width)` or `(height, width, channels)` of raw images, or
            `(None, features)` of raw series.
        num_classes: the number of logits.
        filters: how many features each convolution of a module makes; so does the pooling.
        kernel_sizes: how many steps each of them sees.
        bottleneck: how many features they read: made of all there are, if these are more than one;
            None lets them read all.
        pool: how many steps the maximum is taken of.
        depth: how many modules.
        residual_every: after how many of them a shortcut is added.
        scan, momentum: as in `fcn`.
        scale, input: as in `stacked`.

    Returns:
        A model from raw samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Examples:
        >>> import seqvision
        >>> model = seqvision.create_model("inception_time", input_shape=(None, 3), num_classes=5)
        >>> model.output_shape, model.count_params()
        ((None, 5), 492747)
    """
    raw, samples = model_input(input_shape, input, scale)
    made = Convolutions(momentum, use_bias=False)

    def module(x: Any, name: str) -> Any:
        z = x
        if bottleneck is not None and x.shape[-1] > 1:
            z = made.conv(x, bottleneck, 1, f"{name}_bottleneck")
        branches = [
            made.conv(z, filters, size, f"{name}_{n}") for n, size in enumerate(kernel_sizes, 1)
        ]
        largest = MaskedMaxPooling1D(pool, 1, name=f"pool_{name}")(x)
        branches.append(made.conv(largest, filters, 1, f"{name}_pool"))
        joined = keras.layers.Concatenate(name=f"concat_{name}")(branches)
        return relu(made.norm(joined, name), name)

    x = before = scanned(samples, scan)
    for n in range(1, depth + 1):
        x = module(x, f"{n}")
        if n % residual_every == 0:
            shortcut = made.conv_norm(before, x.shape[-1], 1, f"{n}_shortcut")
            x = before = relu(keras.layers.Add(name=f"add_{n}")([x, shortcut]), f"{n}_shortcut")
    return classifier(raw, mean(x), num_classes, "inception_time")
