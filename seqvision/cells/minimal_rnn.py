"""The minimal RNN: one gate, and a candidate that only the input makes."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.primitives import times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.options import Initializer


@CELLS.register("minimal_rnn", paper="Chen 2017, arXiv 1711.06788", states="units")
@keras.saving.register_keras_serializable("seqvision")
class MinimalRNNCell(RecurrentDropout, GatedCell):
    """Minimal RNN: the input is mapped to the state's space, and a gate mixes the two.

        z = tanh(x W + b_z)
        u = σ(h U + z V + b_u)
        h' = u ∘ h + (1 − u) ∘ z

    Args:
        use_input_bias: whether there is b_z; TensorFlow's cell has none.
        bias_initializer: of b_u; above zero keeps.
        input_bias_initializer: of b_z.
        others: those of `GatedCell` and `RecurrentDropout`.

    Examples:
        >>> import keras
        >>> from seqvision.cells import MinimalRNNCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(MinimalRNNCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Chen, "MinimalRNN: toward more interpretable and trainable recurrent neural networks",
        2017, arXiv 1711.06788; Chen, Pennington & Schoenholz, 2018, arXiv 1806.05394.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        use_input_bias: bool = True,
        bias_initializer: Initializer = "ones",
        input_bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(*args, bias_initializer=bias_initializer, **kwargs)
        self.use_input_bias = use_input_bias
        self.input_bias_initializer = keras.initializers.get(input_bias_initializer)

    def build(self, input_shape: Any) -> None:
        units, square = self.units, (self.units, self.units)
        self.kernel = self.add_weight(
            (input_shape[-1], units), self.kernel_initializer, name="kernel"
        )
        if self.use_input_bias:
            self.input_bias = self.add_weight(
                (units,), self.input_bias_initializer, name="input_bias"
            )
        self.gate_kernel = self.add_weight(square, self.kernel_initializer, name="gate_kernel")
        self.recurrent_kernel = self.add_weight(
            square, self.recurrent_initializer, name="recurrent_kernel"
        )
        self.bias = self.add_weight((units,), self.bias_initializer, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        z = ops.matmul(sequence, self.kernel)
        z = self.activation(z + self.input_bias if self.use_input_bias else z)
        return [z, ops.matmul(z, self.gate_kernel) + self.bias]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        z, gate = projected
        u = self.recurrent_activation(
            gate + times(self.dropped(h, training), self.recurrent_kernel)
        )
        h = u * h + (1 - u) * z
        return h, [h]
