"""Features brought to mean 0 and deviation 1 by the training samples."""

from typing import Any

import keras
import numpy as np

from seqvision.inputs.series import mean_and_scale


@keras.saving.register_keras_serializable("seqvision")
class Standardization(keras.layers.Layer):
    """`(x − mean) ∘ scale` of `(batch, ..., features)`, in float32.

    `adapt` finds both, of each feature. Unlike in `keras.layers.Normalization`, a feature that is
    the same throughout becomes 0 and stays so, in place of being divided by next to nothing.

    Examples:
        >>> import keras
        >>> from seqvision.layers import Standardization
        >>> layer = Standardization()
        >>> layer.adapt([[1.0], [3.0]])
        >>> keras.ops.convert_to_numpy(layer(keras.ops.array([[1.0], [3.0], [5.0]]))).tolist()
        [[-1.0], [1.0], [3.0]]
    """

    def __init__(self, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        kept: dict[str, Any] = {"trainable": False, "dtype": "float32", "autocast": False}
        self.mean = self.add_weight((input_shape[-1],), "zeros", name="mean", **kept)
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale", **kept)

    def adapt(self, values: Any) -> None:
        """Set the mean, and the scale, 1 over the deviation.

        Args:
            values: of the training samples, `(..., features)`; NaN is left out.
        """
        values = np.asarray(values, "float32")
        if not self.built:
            self.build(values.shape)
        found = np.array([mean_and_scale(one) for one in values.reshape(-1, values.shape[-1]).T])
        self.mean.assign(found[:, 0])
        self.scale.assign(found[:, 1])

    def call(self, inputs: Any) -> Any:
        standard = (keras.ops.cast(inputs, "float32") - self.mean) * self.scale
        return keras.ops.cast(standard, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape
