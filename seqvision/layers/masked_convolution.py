"""Convolution and pooling over time of sequences that end at different steps.

Keras's layers mix what is masked into what is not, drop the mask, and with strides place their
windows by the length of the padded batch. These compute for each sequence what they would for it
alone: a window begins at the same step whatever follows, and beyond the end there is nothing.
"""

from typing import Any

import keras
from keras import ops

from seqvision.layers.masked import lowest, without_masked


@keras.saving.register_keras_serializable("seqvision")
class MaskedConv1D(keras.layers.Conv1D):
    """`keras.layers.Conv1D` with `padding="same"` that takes masked steps for zeros.

    Step j of the output is around step j · strides of the input, and masked if that is, so a
    sequence of n steps becomes one of n / strides, rounded up. Without a mask and with strides of 1
    the numbers are Keras's; so are the weights.

    Args:
        filters, kernel_size, strides: as of `keras.layers.Conv1D`.
        kwargs: its other arguments, but for `padding` and `data_format`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import MaskedConv1D
        >>> layer = MaskedConv1D(16, 3, strides=2)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 3, 16)
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **kwargs: Any):
        own = {"padding": "valid", "data_format": "channels_last"}
        super().__init__(filters, kernel_size, strides, **{**kwargs, **own})
        self.supports_masking = True

    @property
    def _around(self) -> int:
        """How many steps a window has besides its own."""
        return self.dilation_rate[0] * (self.kernel_size[0] - 1)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        before = self._around // 2
        around = [[0, 0], [before, self._around - before], [0, 0]]
        return super().call(ops.pad(without_masked(inputs, mask), around))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return None if mask is None else mask[:, :: self.strides[0]]

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, steps, features = input_shape
        padded = None if steps is None else steps + self._around
        return super().compute_output_shape((batch, padded, features))

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: config[key] for key in config if key not in ("padding", "data_format")}


@keras.saving.register_keras_serializable("seqvision")
class MaskedMaxPooling1D(keras.layers.MaxPooling1D):
    """The maximum of each window of `pool_size` steps, without those that are masked.

    Window j lies evenly around the steps j · strides to (j + 1) · strides − 1 (it is these, where
    strides are the pool's size), and beyond both ends there is nothing: a sequence of n steps
    becomes one of n / strides, rounded up. An output is masked, and 0, if all of those steps are.

    Args:
        pool_size: how many steps a window has.
        strides: how far apart windows are, `pool_size` at most, which it is when not given.

    Raises:
        ValueError: the strides are larger, so that windows leave out steps.

    Examples:
        >>> import keras
        >>> from seqvision.layers import MaskedMaxPooling1D
        >>> keras.ops.shape(MaskedMaxPooling1D(2)(keras.ops.zeros((2, 5, 8))))
        (2, 3, 8)
    """

    def __init__(self, pool_size: int = 2, strides: int | None = None, **kwargs: Any):
        own = {"padding": "valid", "data_format": "channels_last"}
        super().__init__(pool_size, strides, **{**kwargs, **own})
        if self.strides > self.pool_size:
            raise ValueError(f"strides: {strides} is more than the pool_size, {pool_size}")
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        (size,), (apart,) = self.pool_size, self.strides
        filled = without_masked(inputs, mask, lowest(inputs))
        largest = self._pooled(filled, size, (size - apart) // 2)
        if mask is None:
            return largest
        seen = self.compute_mask(inputs, mask)[:, :, None]
        return ops.where(seen, largest, ops.zeros_like(largest))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return None
        return self._pooled(ops.cast(mask, "float32")[:, :, None], *self.strides)[:, :, 0] > 0

    def _pooled(self, steps: Any, size: int, before: int = 0) -> Any:
        """The maximum of `size` steps at each stride, the first window beginning `before` them."""
        around = [[0, 0], [before, size - 1 - before], [0, 0]]
        filled = ops.pad(steps, around, constant_values=lowest(steps))
        return ops.max_pool(filled, size, self.strides, "valid", "channels_last")

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, steps, features = input_shape
        return batch, None if steps is None else -(-steps // self.strides[0]), features

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: config[key] for key in config if key not in ("padding", "data_format")}
