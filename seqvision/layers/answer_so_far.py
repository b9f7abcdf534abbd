"""The answer to a series of which steps come one at a time, some of them with nothing observed."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("seqvision")
class AnswerSoFar(keras.layers.Layer):
    """What a model says of the steps so far, where they end with the last observed one.

    A step at which nothing was observed is a gap if others follow, and else padding. So a model
    reads it as a gap, and its answer stays what it was until something is observed again.

    It takes a list of the answer `(batch, classes)` to all steps, the raw step `(batch, features)`,
    NaN where nothing was observed, and the states: the answer so far and, with `max_steps`, how
    many steps there were, `(batch, 1)`. It returns a list of the new states.

    Args:
        max_steps: how many steps count at most, the first ones; None for all.

    Examples:
        >>> import keras
        >>> from seqvision.layers import AnswerSoFar
        >>> answer, row = keras.ops.ones((1, 3)), keras.ops.full((1, 2), float("nan"))
        >>> (kept,) = AnswerSoFar()([answer, row, keras.ops.zeros((1, 3))])  # Nothing was observed.
        >>> keras.ops.convert_to_numpy(kept).tolist()
        [[0.0, 0.0, 0.0]]
    """

    def __init__(self, max_steps: int | None = None, **kwargs: Any):
        super().__init__(**kwargs, autocast=False)
        self.max_steps = max_steps

    def call(self, inputs: Any) -> list[Any]:
        answer, row, before, *steps = inputs
        counts = ops.any(ops.logical_not(ops.isnan(row)), axis=-1, keepdims=True)
        if self.max_steps is not None:
            counts = ops.logical_and(counts, steps[0] < self.max_steps)
            steps = [ops.minimum(steps[0] + 1, self.max_steps)]
        return [ops.where(counts, answer, before), *steps]

    def state_sizes(self, classes: int) -> list[int]:
        """The size of each state, for answers `(batch, classes)`."""
        return [classes] if self.max_steps is None else [classes, 1]

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "max_steps": self.max_steps}
        return {key: value for key, value in config.items() if key != "autocast"}
