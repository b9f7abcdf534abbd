"""Linear maps before and after a cell."""

from typing import Any

import keras

from seqvision.cells.primitives import times
from seqvision.cells.wrappers import WRAPPERS
from seqvision.cells.wrappers.base import Wrapper, output_size
from seqvision.options import Activation, Initializer, PositiveInt


class _Projection(Wrapper):
    """A wrapper with the weights of φ(v W + b)."""

    def __init__(
        self,
        cell: Any,
        units: PositiveInt | None = None,
        activation: Activation = None,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(cell, **kwargs)
        self.units = units
        self.activation: Any = keras.activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self._width = units or self.output_size

    def _build_map(self, features: int) -> None:
        """Add the weights for values `(…, features)`."""
        shape = (features, self._width)
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self._width,), self.bias_initializer, name="bias")

    def _map(self, values: Any) -> Any:
        """Return φ(v W + b), `(…, width)`."""
        values = times(values, self.kernel)
        return self.activation(values + self.bias if self.use_bias else values)


@WRAPPERS.register("input_projection")
@keras.saving.register_keras_serializable("seqvision")
class InputProjectionWrapper(_Projection):
    """The cell reads φ(x W + b) in place of x; TensorFlow 1's wrapper of this name.

    Args:
        units: the width of what the cell reads; that of its output when not given.
        activation: φ; None for none.
        use_bias: whether there is b.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import InputProjectionWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(InputProjectionWrapper(keras.layers.GRUCell(16), units=4))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)
    """

    def build(self, input_shape: Any) -> None:
        self._build_map(input_shape[-1])
        super().build((*input_shape[:-1], self._width))

    def enter(self, sequence: Any, training: bool = False) -> tuple[Any, Any]:
        return self._map(sequence), []


@WRAPPERS.register("output_projection")
@keras.saving.register_keras_serializable("seqvision")
class OutputProjectionWrapper(_Projection):
    """The output is φ(y W + b) in place of y; TensorFlow 1's wrapper of this name.

    Args:
        units: the width of the output; that of the cell's when not given.
        activation: φ; None for none.
        use_bias: whether there is b.

    Examples:
        >>> import keras
        >>> from seqvision.cells.wrappers import OutputProjectionWrapper
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(OutputProjectionWrapper(keras.layers.GRUCell(16), units=4))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 4)
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.output_size = self._width

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self._build_map(output_size(self.cell))

    def leave(self, output: Any, own: Any, training: bool = False) -> Any:
        return self._map(output)
