"""The simple recurrent unit, whose gates do not look at the state."""

from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.regularized import RegularizedCell
from seqvision.options import Activation, Initializer, PositiveInt


@CELLS.register("sru", paper="Lei et al. 2017, arXiv 1709.02755", states="units")
@keras.saving.register_keras_serializable("seqvision")
class SRUCell(RegularizedCell):
    """Simple recurrent unit: a linear recurrence with gates from the input alone.

        f = σ(x W_f + b_f),  r = σ(x W_r + b_r)
        c' = f ∘ c + (1 − f) ∘ (x W)
        h = r ∘ tanh(c') + (1 − r) ∘ s

    h is the output, c' the state. The skip s is the input itself if it is as wide as the state,
    and else x W_s. All but c' is computed for the whole sequence at once, and c' is linear in c,
    so that `seqvision.layers.Recurrent` takes 2 √n steps for n of them. The kernel holds W, W_f,
    W_r and, if there is one, W_s.

    Args:
        units: size of the state and of the output.
        project_skip: whether s is x W_s though the widths agree; TensorFlow's cell always does.

    Examples:
        >>> import keras
        >>> from seqvision.cells import SRUCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(SRUCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Lei et al., "Training RNNs as fast as CNNs", 2017, arXiv 1709.02755, first version.
    """

    def __init__(
        self,
        units: PositiveInt,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        project_skip: bool = False,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.project_skip = project_skip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.state_size = units
        self.output_size = units

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        blocks = 4 if self.project_skip or features != self.units else 3
        self.kernel = self.add_weight(
            (features, blocks * self.units), self.kernel_initializer, name="kernel"
        )
        self.bias = self.add_weight((2 * self.units,), self.bias_initializer, name="bias")

    def project(self, sequence: Any, training: bool = False) -> Any:
        # A product a gate: to cut one product into gates takes a copy of each, and longer.
        blocks = self.kernel.shape[-1] // self.units
        kernels = ops.split(ops.convert_to_tensor(self.kernel), blocks, axis=-1)
        new, f, r, *skip = (ops.matmul(sequence, kernel) for kernel in kernels)
        bias_f, bias_r = ops.split(ops.convert_to_tensor(self.bias), 2)
        f = self.recurrent_activation(f + bias_f)
        r = self.recurrent_activation(r + bias_r)
        return [f, (1 - f) * new, r, (1 - r) * (skip[0] if skip else sequence)]

    def recurrence(self, projected: Any, training: bool = False) -> tuple[Any, Any]:
        f, new, _, _ = projected
        return f, new

    def read(self, projected: Any, state: Any, training: bool = False) -> Any:
        _, _, r, skip = projected
        return r * self.activation(state) + skip

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        a, b = self.recurrence(projected, training)
        c = a * states[0] + b
        return self.read(projected, c, training), [c]
