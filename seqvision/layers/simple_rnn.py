"""The plain recurrent layer."""

from typing import Any

import keras

from seqvision.layers.engine.fast import FastLoop, plain
from seqvision.layers.engine.unroll import unroll_may_be_left_open


@keras.saving.register_keras_serializable("seqvision")
@unroll_may_be_left_open
class SimpleRNN(FastLoop, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` with the same arguments, weights and numbers, faster on a CPU.

    `unroll=None`, the default, lets the layer choose between unrolling its time steps and a loop.
    `layer.path` says which path a call took; see `seqvision.layers.engine`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import SimpleRNN
        >>> layer = SimpleRNN(16, activation="relu")
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)
    """

    def _step(self) -> Any:
        if not plain(self.cell.activation, "tanh", "relu"):
            return "its activation is neither tanh nor relu"
        from seqvision.layers.engine.steps import SimpleRNNStep

        return SimpleRNNStep(relu=plain(self.cell.activation, "relu"))

    def _weights_of_step(
        self, recurrent_kernel: Any, bias: Any
    ) -> tuple[list[Any], list[Any], Any]:
        return [recurrent_kernel], [None], bias
