"""A gated connection around a cell, from its input to its output."""

from typing import Any

import keras
from keras import ops

from seqvision.cells.wrappers import WRAPPERS
from seqvision.cells.wrappers.base import Wrapper
from seqvision.options import Initializer


@WRAPPERS.register("highway", paper="Srivastava et al. 2015, arXiv 1505.00387")
@keras.saving.register_keras_serializable("seqvision")
class HighwayWrapper(Wrapper):
    """Gates mix the output with the input.

        t = σ(x W_t + b_t)
        y = t ∘ cell(x) + (1 − t) ∘ s

    or, not coupled, t ∘ cell(x) + σ(x W_c + b_c) ∘ s. The carried s is the input itself if it is
    as wide as the output, and else x W_s (section 2.1 of the paper); TensorFlow's wrapper asks
    for equal widths.

    Args:
        coupled: whether what is carried is what is not transformed.
        carry_bias: b_c starts here, b_t at its negative. It is 1 in TensorFlow; the paper has
            -1 to -10 for b_t.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import HighwayWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(HighwayWrapper(keras.layers.GRUCell(8)))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 8)

    References:
        Srivastava, Greff & Schmidhuber, "Highway networks", 2015, arXiv 1505.00387.
    """

    def __init__(
        self,
        cell: Any,
        coupled: bool = True,
        carry_bias: float = 1.0,
        kernel_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(cell, **kwargs)
        self.coupled = coupled
        self.carry_bias = carry_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.skip_kernel = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        shape, draw = (input_shape[-1], self.output_size), self.kernel_initializer
        start = keras.initializers.Constant
        self.transform_kernel = self.add_weight(shape, draw, name="transform_kernel")
        self.transform_bias = self.add_weight(
            (self.output_size,), start(-self.carry_bias), name="transform_bias"
        )
        if not self.coupled:
            self.carry_kernel = self.add_weight(shape, draw, name="carry_kernel")
            self.carry_gate_bias = self.add_weight(
                (self.output_size,), start(self.carry_bias), name="carry_bias"
            )
        if input_shape[-1] != self.output_size:
            self.skip_kernel = self.add_weight(shape, draw, name="skip_kernel")

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        transform = ops.matmul(sequence, self.transform_kernel) + self.transform_bias
        transform = ops.sigmoid(transform)
        carry = 1 - transform
        if not self.coupled:
            carry = ops.matmul(sequence, self.carry_kernel) + self.carry_gate_bias
            carry = ops.sigmoid(carry)
        skip = sequence if self.skip_kernel is None else ops.matmul(sequence, self.skip_kernel)
        return sequence, [transform, carry * skip]

    def leave(self, output: Any, own: Any, training: bool = False) -> Any:
        transform, carried = own
        return transform * output + carried
