"""The GRU layer."""

from typing import Any

import keras

from seqvision.layers.engine.fast import FastLoop, plain
from seqvision.layers.engine.unroll import unroll_may_be_left_open


@keras.saving.register_keras_serializable("seqvision")
@unroll_may_be_left_open
class GRU(FastLoop, keras.layers.GRU):
    """`keras.layers.GRU` with the same arguments, weights and numbers, faster on a CPU.

    `unroll=None`, the default, lets the layer choose between unrolling its time steps and a loop.
    `layer.path` says which path a call took; see `seqvision.layers.engine`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import GRU
        >>> layer = GRU(16, return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)
    """

    def _step(self) -> Any:
        if not (
            plain(self.cell.activation, "tanh") and plain(self.recurrent_activation, "sigmoid")
        ):
            return "its activations are not tanh and sigmoid"
        from seqvision.layers.engine.steps import GRUResetBeforeStep, GRUStep

        return GRUStep() if self.cell.reset_after else GRUResetBeforeStep()

    def _weights_of_step(
        self, recurrent_kernel: Any, bias: Any
    ) -> tuple[list[Any], list[Any], Any]:
        kernel, units = recurrent_kernel, self.cell.units
        if self.cell.reset_after:
            return [kernel], [None if bias is None else bias[1]], None if bias is None else bias[0]
        return [kernel[:, : 2 * units], kernel[:, 2 * units :]], [None, None], bias
