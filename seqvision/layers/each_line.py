"""Runs a layer over sequences along every row, or every column, of an image or a feature map."""

from typing import Any, Literal

import keras
from keras import ops

Lines = Literal["rows", "columns"]


@keras.saving.register_keras_serializable("seqvision")
class EachLine(keras.layers.Wrapper):
    """Reads each row, or each column, as a sequence of its own, all with the same weights.

    From `(batch, height, width, features)` it makes `(batch, height, width, units)`: row i of the
    result is what the layer makes of row i, from left to right, or column j of column j, from top
    to bottom. To the layer, lines of one image are no more together than those of two.

    Args:
        layer: from `(batch, steps, features)` to `(batch, steps, units)`, such as a recurrent layer
            with `return_sequences=True`, in one direction or in both.
        lines: `rows` or `columns`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import EachLine
        >>> layer = EachLine(keras.layers.GRU(16, return_sequences=True), lines="columns")
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 7, 5, 3))))
        (2, 7, 5, 16)
    """

    def __init__(self, layer: keras.layers.Layer, lines: Lines = "rows", **kwargs: Any):
        super().__init__(layer, **{"dtype": layer.dtype_policy, **kwargs})
        self.lines = lines

    @property
    def steps(self) -> int | None:
        """How many steps each line has, within a model."""
        return self._steps(self.input.shape)

    def build(self, input_shape: Any) -> None:
        super().build((None, self._steps(input_shape), input_shape[-1]))

    def call(self, images: Any, training: bool = False) -> Any:
        images = self._turned(images)
        _, lines, steps, features = ops.shape(images)
        read = self.layer(ops.reshape(images, (-1, steps, features)), training=training)
        return self._turned(ops.reshape(read, (-1, lines, steps, read.shape[-1])))

    def compute_output_shape(self, input_shape: Any) -> Any:
        line = (None, self._steps(input_shape), input_shape[-1])
        return (*input_shape[:3], self.layer.compute_output_shape(line)[-1])

    def _steps(self, shape: Any) -> int | None:
        return shape[2] if self.lines == "rows" else shape[1]

    def _turned(self, images: Any) -> Any:
        """The images with their lines as rows, or back."""
        return images if self.lines == "rows" else ops.transpose(images, (0, 2, 1, 3))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "lines": self.lines}
