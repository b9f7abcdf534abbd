"""The LSTM split into groups that do not see each other."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.initializers import of_each_group, raised_bias
from seqvision.cells.primitives import gates, grouped_times, knot, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.errors import SeqvisionError
from seqvision.options import Initializer, PositiveInt


@CELLS.register(
    "grouped_lstm",
    paper="Kuchaiev & Ginsburg 2017, arXiv 1703.10722",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class GroupedLSTMCell(RecurrentDropout, GatedCell):
    """Group LSTM: k small LSTMs side by side, each on its share of the input and of the state.

        for each group: i, f, o = σ(x W + h U + b),  c' = f ∘ c + i ∘ tanh(x W_c + h U_c + b_c)
        h' = (o ∘ tanh(c')) P

    Input, state and output are cut into k equal pieces, the weights of the groups are their
    own, and the projection P mixes the groups. Kernels are `(groups, inputs, 4 · units)` of
    one group, with the gates in Keras's order i, f, c, o; the states are `[h, c]`.

    Args:
        units: size of the cell state of all groups together.
        groups: k. It divides the number of features, `units` and `projection`.
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        projection: size of the output, given by a linear projection P; None for no projection.
        others: those of `GatedCell` and `RecurrentDropout`.

    Raises:
        SeqvisionError: a size is not a multiple of `groups`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import GroupedLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(GroupedLSTMCell(16, groups=4))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Kuchaiev & Ginsburg, "Factorization tricks for LSTM networks", 2017, arXiv 1703.10722.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        groups: PositiveInt = 2,
        *,
        forget_bias: float = 1.0,
        projection: PositiveInt | None = None,
        projection_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(units, **kwargs)
        self.groups = groups
        self.forget_bias = forget_bias
        self.projection = projection
        self.projection_initializer = keras.initializers.get(projection_initializer)
        self.output_size = projection or self.units
        self.state_size = [self.output_size, self.units]
        self._divide("units", self.units)
        self._divide("projection", self.output_size)

    def build(self, input_shape: Any) -> None:
        inputs = self._divide("the number of input features", input_shape[-1])
        outputs, gates = self.output_size // self.groups, 4 * self.units // self.groups
        self.kernel = self.add_weight(
            (self.groups, inputs, gates), of_each_group(self.kernel_initializer), name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.groups, outputs, gates),
            of_each_group(self.recurrent_initializer),
            name="recurrent_kernel",
        )
        bias = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
        self.bias = self.add_weight((4 * self.units,), bias, name="bias")
        if self.projection:
            self.projection_kernel = self.add_weight(
                (self.units, self.projection),
                self.projection_initializer,
                name="projection_kernel",
            )

    def project(self, sequence: Any, training: bool = False) -> Any:
        batch, time = ops.shape(sequence)[:2]
        flat = ops.reshape(sequence, (-1, sequence.shape[-1]))
        projected = grouped_times(flat, self.kernel, gates=4) + self.bias
        return ops.reshape(projected, (batch, time, 4 * self.units))

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        z = projected + grouped_times(self.dropped(h, training), self.recurrent_kernel, gates=4)
        i, f, g, o = gates(z, 4)
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        c = knot(c)
        h = self.recurrent_activation(o) * self.activation(c)
        if self.projection:
            h = times(h, self.projection_kernel)
        return h, [h, c]

    def _divide(self, what: str, size: int) -> int:
        if size % self.groups:
            raise SeqvisionError(
                f"grouped_lstm: {what} must be a multiple of groups={self.groups}, got {size}"
            )
        return size // self.groups
