"""From a sequence to one vector: the last step, the mean, the maximum, or attention.

Each layer takes `(batch, steps, features)` and gives `(batch, features)`; a step that a mask
leaves out has no part in it.
"""

from typing import Any

import keras
from keras import ops


class _Pooling(keras.layers.Layer):
    """Takes a mask, and passes none on: the steps are gone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return (input_shape[0], input_shape[2])


@keras.saving.register_keras_serializable("seqvision")
class LastStep(_Pooling):
    """The last step that no mask leaves out."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return inputs[:, -1]
        steps = ops.arange(ops.shape(inputs)[1], dtype="int32")
        last = ops.max(ops.where(mask, steps, 0), axis=1)
        return ops.squeeze(ops.take_along_axis(inputs, last[:, None, None], axis=1), axis=1)


@keras.saving.register_keras_serializable("seqvision")
class MeanOverTime(_Pooling):
    """The mean of the steps."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return ops.mean(inputs, axis=1)
        weight = ops.cast(mask, inputs.dtype)[:, :, None]
        return ops.sum(inputs * weight, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1)


@keras.saving.register_keras_serializable("seqvision")
class MaxOverTime(_Pooling):
    """The largest value of each feature over the steps."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            smallest = ops.cast(-3e4, inputs.dtype)  # Within the range of every float type.
            inputs = ops.where(mask[:, :, None], inputs, smallest)
        return ops.max(inputs, axis=1)


@keras.saving.register_keras_serializable("seqvision")
class AttentionPooling(_Pooling):
    """A weighted mean whose weights the layer learns: feed-forward attention.

    With steps h(t): e(t) = v · tanh(W h(t) + b), a = softmax over time of e, output = Σ a(t) h(t).
    Raffel & Ellis 2015, arXiv 1512.08756; Yang et al. 2016 (HAN).

    Args:
        units: the width of the hidden layer; that of the features when not given.
    """

    def __init__(self, units: int | None = None, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        units = self.units or features
        self.kernel = self.add_weight((features, units), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((units,), "zeros", name="bias")
        self.score = self.add_weight((units, 1), "glorot_uniform", name="score")

    def call(self, inputs: Any, mask: Any = None) -> Any:
        hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        scores = ops.matmul(hidden, self.score)
        if mask is not None:
            scores = ops.where(mask[:, :, None], scores, ops.cast(-3e4, scores.dtype))
        return ops.sum(inputs * ops.softmax(scores, axis=1), axis=1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


POOLINGS = {
    "last": LastStep,
    "mean": MeanOverTime,
    "max": MaxOverTime,
    "attention": AttentionPooling,
}
"""The layer for each value of a family's `pooling` option."""
