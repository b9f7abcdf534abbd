"""What the minimal GRU and the minimal LSTM have in common."""

from typing import Any

from keras import ops

from seqvision.layers.engine import native
from seqvision.layers.engine.path import TellsPath
from seqvision.layers.linear import linear_recurrence
from seqvision.mixers.base import LinearMixer
from seqvision.options import PositiveInt


class GatedMixer(TellsPath, LinearMixer):
    """A linear recurrence with gates from the input alone; a subclass says which, and how many.

    On a CPU the paper's version in log space is one operation in C++ (`path` says so after a call).

    Args:
        expand, positive: as its subclasses say.
    """

    gates: int
    cell: str
    """The name of the native cell."""

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

    def moved(self, *parts: Any) -> tuple[Any, Any]:
        """Return a and b, from what goes into each gate, before its sigmoid, and the candidate."""
        raise NotImplementedError

    def recurrence(self, inputs: Any) -> tuple[Any, Any]:
        return self._recurrence(inputs, self.kernel, self.bias)

    def _recurrence(self, inputs: Any, kernel: Any, bias: Any) -> tuple[Any, Any]:
        row = ops.cast(ops.matmul(inputs, kernel) + bias, self.state_dtype)
        *gates, candidate = ops.split(row, self.gates + 1, axis=-1)
        if self.positive:
            candidate = ops.where(candidate >= 0, candidate + 0.5, ops.sigmoid(candidate))
        return self.moved(*gates, candidate)

    def state_over_time(self, inputs: Any, first: Any, mask: Any, training: bool) -> Any:
        hindrance = "the candidate may be negative"
        if self.positive:
            hindrance = native.hindrance_here(self.compute_dtype, inputs, training)
        if hindrance:
            self._say(f"linear recurrence: {hindrance}")
            return super().state_over_time(inputs, first, mask, training)
        size = self.size(inputs.shape[-1])
        if first is None:
            first = ops.zeros((ops.shape(inputs)[0], size))

        def portable(x: Any, states: list[Any], weights: list[Any]) -> tuple[Any, list[Any]]:
            a, b = self._recurrence(x, weights[0], weights[2])
            after: Any = linear_recurrence(a, b, states[0], mask)
            return after, [after[:, -1]]

        weights = [ops.convert_to_tensor(w) for w in (self.kernel, self.bias)]
        no_recurrent_kernel = ops.zeros((size, 0))
        states, _, how = native.run(
            self.cell,
            self.compute_dtype,
            inputs,
            [first],
            [weights[0], no_recurrent_kernel, weights[1], None],
            mask,
            None,
            go_backwards=False,
            every=True,
            keep=bool(training),
            portable=portable,
        )
        self._say(f"native: {how}")
        return states

    def read(self, state: Any, inputs: Any) -> Any:
        if self.expand == 1:
            return state
        state = ops.cast(state, self.compute_dtype)
        return ops.matmul(state, self.output_kernel) + self.output_bias
