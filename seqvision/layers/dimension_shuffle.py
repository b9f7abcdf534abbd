"""Turns features into steps: a recurrent layer then reads in each step all of one feature."""

from typing import Any

import keras
from keras import ops

from seqvision.layers.masked import without_masked


@keras.saving.register_keras_serializable("seqvision")
class DimensionShuffle(keras.layers.Layer):
    """From `(batch, steps, features)` to `(batch, features, steps)`, of one number of steps.

    Masked steps become zeros, and so do those that a sequence lacks; of a longer one the first are
    taken. No feature is masked.

    Args:
        steps: how many steps.

    Examples:
        >>> import keras
        >>> from seqvision.layers import DimensionShuffle
        >>> keras.ops.shape(DimensionShuffle(5)(keras.ops.zeros((2, 5, 8))))
        (2, 8, 5)

    References:
        Karim et al., "LSTM fully convolutional networks for time series classification", 2017,
        arXiv 1709.05206.
    """

    def __init__(self, steps: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.steps = steps
        self.supports_masking = True

    def call(self, sequence: Any, mask: Any = None) -> Any:
        sequence = without_masked(sequence, mask)
        enough = ops.pad(sequence, [[0, 0], [0, self.steps], [0, 0]])[:, : self.steps]
        # Where the steps are any number the graph does not know what is left of them.
        enough = ops.reshape(enough, (-1, self.steps, sequence.shape[-1]))
        return ops.transpose(enough, (0, 2, 1))

    def compute_mask(self, sequence: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        return input_shape[0], input_shape[2], self.steps

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps": self.steps}
