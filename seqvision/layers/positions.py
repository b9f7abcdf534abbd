"""What a sequence of known length is given where a layer does not see the order of its steps."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("seqvision")
class PositionEmbedding(keras.layers.Layer):
    """Adds to each step of `(batch, steps, features)` what was learned for its place.

        y(t) = x(t) + p(t)

    As in ViT, Dosovitskiy et al. 2021, arXiv 2010.11929.

    Examples:
        >>> import keras
        >>> from seqvision.layers import PositionEmbedding
        >>> keras.ops.shape(PositionEmbedding()(keras.ops.zeros((2, 5, 8))))
        (2, 5, 8)
    """

    def build(self, input_shape: Any) -> None:
        # Called a bias, as it is no matrix that anything is multiplied by (`runs/flops.py`).
        around_0 = keras.initializers.RandomNormal(stddev=0.02)
        self.bias = self.add_weight(input_shape[1:], around_0, name="bias")

    def call(self, sequence: Any) -> Any:
        return sequence + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


@keras.saving.register_keras_serializable("seqvision")
class ClassToken(keras.layers.Layer):
    """Puts a step that is learned, the same for every sample, after `(batch, steps, features)`.

    Attention gathers in it what the classes need, and pooling by the last step reads it (Devlin et
    al. 2018, arXiv 1810.04805). Others put it first; to attention without positions that is the
    same.

    Examples:
        >>> import keras
        >>> from seqvision.layers import ClassToken
        >>> keras.ops.shape(ClassToken()(keras.ops.zeros((2, 5, 8))))
        (2, 6, 8)
    """

    def build(self, input_shape: Any) -> None:
        self.token = self.add_weight((input_shape[-1],), "zeros", name="token")

    def call(self, sequence: Any) -> Any:
        token = ops.zeros_like(sequence[:, :1]) + self.token
        return ops.concatenate([sequence, token], axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, steps, features = input_shape
        return batch, steps + 1, features
