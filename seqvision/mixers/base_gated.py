"""What the minimal GRU and the minimal LSTM have in common."""

from typing import Any

from keras import ops

from seqvision.mixers.base import LinearMixer
from seqvision.options import PositiveInt


class GatedMixer(LinearMixer):
    """A linear recurrence with gates from the input alone; a subclass says which, and how many.

    Args:
        expand, positive: as its subclasses say.
    """

    gates: int

    def __init__(self, expand: PositiveInt = 1, positive: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.expand = expand
        self.positive = positive

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        features = input_shape[-1]
        size, blocks = self.size(features), self.gates + 1
        self.kernel = self.add_weight((features, blocks * size), "lecun_uniform", name="kernel")
        self.bias = self.add_weight((blocks * size,), "zeros", name="bias")
        if self.expand > 1:
            self.output_kernel = self.add_weight(
                (size, features), "lecun_uniform", name="output_kernel"
            )
            self.output_bias = self.add_weight((features,), "zeros", name="output_bias")

    def size(self, features: int) -> int:
        return self.expand * features

    def projected(self, inputs: Any) -> list[Any]:
        """What goes into each gate, before its sigmoid, and the candidate; in full precision."""
        row = ops.cast(ops.matmul(inputs, self.kernel) + self.bias, self.state_dtype)
        *gates, candidate = ops.split(row, self.gates + 1, axis=-1)
        if self.positive:
            candidate = ops.where(candidate >= 0, candidate + 0.5, ops.sigmoid(candidate))
        return [*gates, candidate]

    def read(self, state: Any, inputs: Any) -> Any:
        if self.expand == 1:
            return state
        state = ops.cast(state, self.compute_dtype)
        return ops.matmul(state, self.output_kernel) + self.output_bias
