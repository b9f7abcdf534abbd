"""What the published convolutional classifiers of series have in common.

A masked step is zeros to a convolution, and is left out of a batch's mean and variance and of the
mean over steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from seqvision.errors import SeqvisionError
from seqvision.layers.masked_convolution import MaskedConv1D
from seqvision.layers.pooling import MeanOverTime


@dataclass(frozen=True)
class Convolutions:
    """Convolutions over steps, and normalization over batch and steps.

    Each method reads `(batch, steps, features)`; `name` tells one layer of a kind from another.
    """

    momentum: float
    """How much of its running mean and variance a normalization keeps at a training step."""
    use_bias: bool = True
    initializer: str = "glorot_uniform"

    def conv(self, sequence: Any, filters: int, kernel_size: int, name: str) -> Any:
        """Convolve the steps."""
        how = {"use_bias": self.use_bias, "kernel_initializer": self.initializer}
        return MaskedConv1D(filters, kernel_size, **how, name=f"conv_{name}")(sequence)

    def norm(self, sequence: Any, name: str) -> Any:
        """Normalise each feature."""
        layer = keras.layers.BatchNormalization(momentum=self.momentum, name=f"norm_{name}")
        return layer(sequence)

    def conv_norm(self, sequence: Any, filters: int, kernel_size: int, name: str) -> Any:
        """Convolve, then normalise."""
        return self.norm(self.conv(sequence, filters, kernel_size, name), name)

    def fully(self, sequence: Any, filters: int | Sequence[int], kernel_sizes: list[int]) -> Any:
        """Convolve, normalise and cut off below 0, for each kernel size; then take the mean.

        Args:
            filters: of each convolution, or of all.

        Returns:
            `(batch, filters)`.

        Raises:
            SeqvisionError: there are more or fewer of `filters` than of `kernel_sizes`.
        """
        each = [filters] * len(kernel_sizes) if isinstance(filters, int) else filters
        if len(each) != len(kernel_sizes):
            raise SeqvisionError(
                f"filters: expected one for each of {len(kernel_sizes)} kernel_sizes, or one for "
                f"all, got {len(each)}"
            )
        for depth, sizes in enumerate(zip(each, kernel_sizes, strict=True), start=1):
            sequence = relu(self.conv_norm(sequence, *sizes, f"{depth}"), f"{depth}")
        return mean(sequence)


def relu(sequence: Any, name: str) -> Any:
    """Cut off below 0."""
    return keras.layers.ReLU(name=f"relu_{name}")(sequence)


def mean(sequence: Any) -> Any:
    """The mean over the steps: global average pooling."""
    return MeanOverTime(name="mean")(sequence)
