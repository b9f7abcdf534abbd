"""A connection around a cell, from its input to its output."""

from typing import Any

import keras
from keras import ops

from seqvision.cells.wrappers import WRAPPERS
from seqvision.cells.wrappers.base import Wrapper
from seqvision.options import Initializer


@WRAPPERS.register("residual", paper="He et al. 2015, arXiv 1512.03385")
@keras.saving.register_keras_serializable("seqvision")
class ResidualWrapper(Wrapper):
    """The input is added to the output.

        y = cell(x) + x, or cell(x) + x W_s where input and output differ in width

    TensorFlow 1's `ResidualWrapper` asks for equal widths; the kernel W_s is that of He et al.

    Args:
        kernel_initializer: of W_s.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import ResidualWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(ResidualWrapper(keras.layers.GRUCell(8)))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 8)

    References:
        He, Zhang, Ren & Sun, "Deep residual learning for image recognition", 2015, arXiv
        1512.03385.
    """

    def __init__(
        self, cell: Any, kernel_initializer: Initializer = "glorot_uniform", **kwargs: Any
    ):
        super().__init__(cell, **kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel = None

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        if input_shape[-1] != self.output_size:
            shape = (input_shape[-1], self.output_size)
            self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        return sequence, [sequence if self.kernel is None else ops.matmul(sequence, self.kernel)]

    def leave(self, output: Any, own: Any, training: bool = False) -> Any:
        return output + own[0]
