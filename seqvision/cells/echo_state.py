"""The echo state network: a random reservoir that is never trained."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base import CellLayer
from seqvision.cells.primitives import times
from seqvision.errors import SeqvisionError
from seqvision.options import Activation, PositiveFloat, PositiveInt, Share

_TRIES = 100


@CELLS.register("echo_state", paper="Jaeger 2001, GMD report 148", states="units")
@keras.saving.register_keras_serializable("seqvision")
class EchoStateCell(CellLayer):
    """Echo state network: leaky units in a fixed, sparse, random network.

        h' = (1 − α) h + α tanh(x W_in + h W + b)

    No weight is trained: what learns is the layer that reads the states out. W has the given
    share of connections, uniform in [-1, 1] and then scaled to the spectral radius; below 1 the
    state forgets where it began (the echo state property), which is certain only for an input of
    zero. There is no feedback from the output.

    Args:
        units: the number of units of the reservoir.
        spectral_radius: the largest absolute value of an eigenvalue of W.
        connectivity: the share of W that is not zero.
        leak: α, the share of the new state; 1 is Jaeger's network of 2001, less than 1 his leaky
            integrators of 2007.
        input_scaling: W_in is uniform in [-input_scaling, input_scaling].
        bias_scaling: b is uniform in [-bias_scaling, bias_scaling].
        seed: seed of the weights; Keras's own when not given.

    Raises:
        SeqvisionError: there are so few connections that no reservoir has a cycle.

    Examples:
        >>> import keras
        >>> from seqvision.cells import EchoStateCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(EchoStateCell(100, spectral_radius=0.9), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 100)

    References:
        Jaeger, "The 'echo state' approach to analysing and training recurrent neural networks",
        2001, GMD report 148; Jaeger, Lukoševičius, Popovici & Siewert, "Optimization and
        applications of echo state networks with leaky-integrator neurons", 2007.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        spectral_radius: PositiveFloat = 0.9,
        connectivity: Share = 0.1,
        leak: Share = 1.0,
        activation: Activation = "tanh",
        input_scaling: PositiveFloat = 1.0,
        bias_scaling: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.spectral_radius = spectral_radius
        self.connectivity = connectivity
        self.leak = leak
        self.activation: Any = keras.activations.get(activation)
        self.input_scaling = input_scaling
        self.bias_scaling = bias_scaling
        self.seed = seed
        self.state_size = units
        self.output_size = units

    def build(self, input_shape: Any) -> None:
        units, seed = self.units, keras.random.SeedGenerator(self.seed)
        draws = {
            "kernel": ((input_shape[-1], units), partial(_uniform, self.input_scaling, seed)),
            "recurrent_kernel": ((units, units), partial(self._reservoir, seed)),
            "bias": ((units,), partial(_uniform, self.bias_scaling, seed)),
        }
        self.kernel, self.recurrent_kernel, self.bias = (
            self.add_weight(shape, draw, name=name, trainable=False)
            for name, (shape, draw) in draws.items()
        )

    def _reservoir(self, seed: Any, shape: Any, dtype: Any = None) -> Any:
        """Draw W `(units, units)` until it has a cycle: without one its radius is zero."""
        for _ in range(_TRIES):
            weights = ops.convert_to_numpy(_uniform(1.0, seed, shape, "float32"))
            chance = ops.convert_to_numpy(keras.random.uniform(shape, dtype="float32", seed=seed))
            weights = np.where(chance < self.connectivity, weights, 0)
            radius = np.abs(np.linalg.eigvals(weights)).max()
            if radius > 1e-3:
                return ops.convert_to_tensor(weights * (self.spectral_radius / radius), dtype)
        raise SeqvisionError(
            f"echo_state: {_TRIES} reservoirs of {self.units} units with connectivity "
            f"{self.connectivity} had no cycle; it takes more units or more connections"
        )

    def project(self, sequence: Any, training: bool = False) -> Any:
        return ops.matmul(sequence, self.kernel) + self.bias

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        new = self.activation(projected + times(h, self.recurrent_kernel))
        h = (1 - self.leak) * h + self.leak * new
        return h, [h]


def _uniform(scale: float, seed: Any, shape: Any, dtype: Any = None) -> Any:
    return keras.random.uniform(shape, -scale, scale, dtype=dtype, seed=seed)
