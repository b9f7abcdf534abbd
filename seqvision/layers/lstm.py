"""The LSTM layer."""

from typing import Any

import keras

from seqvision.layers.engine.fast import FastLoop, plain
from seqvision.layers.engine.unroll import unroll_may_be_left_open


@keras.saving.register_keras_serializable("seqvision")
@unroll_may_be_left_open
class LSTM(FastLoop, keras.layers.LSTM):
    """`keras.layers.LSTM` with the same arguments, weights and numbers, faster on a CPU.

    `unroll=None`, the default, lets the layer choose between unrolling its time steps and a loop.
    `layer.path` says which path a call took; see `seqvision.layers.engine`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import LSTM
        >>> output, h, c = LSTM(16, return_state=True)(keras.ops.zeros((2, 5, 8)))
        >>> keras.ops.shape(c)
        (2, 16)
    """

    def _step(self) -> Any:
        if not (
            plain(self.cell.activation, "tanh") and plain(self.recurrent_activation, "sigmoid")
        ):
            return "its activations are not tanh and sigmoid"
        from seqvision.layers.engine.steps import LSTMStep

        return LSTMStep()

    def _weights_of_step(
        self, recurrent_kernel: Any, bias: Any
    ) -> tuple[list[Any], list[Any], Any]:
        return [recurrent_kernel], [None], bias
