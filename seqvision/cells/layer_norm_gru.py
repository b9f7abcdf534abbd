"""The GRU with layer normalisation, in the places where each source has it."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.primitives import gates, normalised, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.regularized import RegularizedCell
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt


@CELLS.register("layer_norm_gru", paper="Ba et al. 2016, arXiv 1607.06450", states="units")
@keras.saving.register_keras_serializable("seqvision")
class LayerNormGRUCell(RecurrentDropout, RegularizedCell):
    """GRU with layer normalisation.

    `variant="separate"` (Ba et al.): what comes from the input and from the state is normalised
    apart, both gates together and the candidate by itself; the reset gate acts after the norm.

        z, r = σ(LN(x W_zr) + LN(h U_zr))
        h' = z ∘ h + (1 − z) ∘ tanh(LN(x W_h) + r ∘ LN(h U_h))

    `variant="joint"`: the sums are normalised, each gate by itself; the reset gate acts before.

        z = σ(LN(x W_z + h U_z)),  r = σ(LN(x W_r + h U_r))
        h' = z ∘ h + (1 − z) ∘ tanh(LN(x W_h + (r ∘ h) U_h))

    z is Keras's update gate, which keeps; the paper's is one minus it. The biases are the
    norms' β. Kernels hold the gates in Keras's order z, r, h.

    Args:
        units: size of the state.
        variant: where the norm sits.
        epsilon: ε, added to the variance.

    Examples:
        >>> import keras
        >>> from seqvision.cells import LayerNormGRUCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(LayerNormGRUCell(16), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

    References:
        Ba, Kiros & Hinton, "Layer normalization", 2016, arXiv 1607.06450 (supplement).
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        variant: Literal["separate", "joint"] = "separate",
        epsilon: PositiveFloat = 1e-3,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        gamma_initializer: Initializer = "ones",
        beta_initializer: Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.variant = variant
        self.epsilon = epsilon
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.state_size = units
        self.output_size = units

    def build(self, input_shape: Any) -> None:
        gates = 3 * self.units
        gamma, beta = self.gamma_initializer, self.beta_initializer
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        # The joint variant normalises sums: the input's and the state's parts share γ and β.
        self.gamma = self.add_weight((gates,), gamma, name="gamma")
        self.beta = self.add_weight((gates,), beta, name="beta")
        if self.variant == "separate":
            self.recurrent_gamma = self.add_weight((gates,), gamma, name="recurrent_gamma")
            self.recurrent_beta = self.add_weight((gates,), beta, name="recurrent_beta")

    def project(self, sequence: Any, training: bool = False) -> Any:
        x = ops.matmul(sequence, self.kernel)
        return self._norm_apart(x, self.gamma, self.beta) if self.variant == "separate" else x

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        (h,) = states
        seen, units = self.dropped(h, training), self.units
        if self.variant == "separate":
            recurrent = times(seen, self.recurrent_kernel)
            recurrent = self._norm_apart(recurrent, self.recurrent_gamma, self.recurrent_beta)
            (x_z, x_r, x_c), (z, r, c) = ops.split(projected, 3, axis=-1), gates(recurrent, 3)
            z, r = self.recurrent_activation(x_z + z), self.recurrent_activation(x_r + r)
            candidate = x_c + r * c
        else:
            both = projected[:, : 2 * units] + times(seen, self.recurrent_kernel[:, : 2 * units])
            both = normalised(both, self.epsilon, (units,) * 2)
            z, r = gates(both * self.gamma[: 2 * units] + self.beta[: 2 * units], 2)
            z, r = self.recurrent_activation(z), self.recurrent_activation(r)
            candidate = projected[:, 2 * units :]
            candidate = candidate + times(r * seen, self.recurrent_kernel[:, 2 * units :])
            candidate = normalised(candidate, self.epsilon) * self.gamma[2 * units :]
            candidate = candidate + self.beta[2 * units :]
        h = z * h + (1 - z) * self.activation(candidate)
        return h, [h]

    def _norm_apart(self, values: Any, gamma: Any, beta: Any) -> Any:
        """Normalise the two gates together and the candidate by itself."""
        return normalised(values, self.epsilon, (2 * self.units, self.units)) * gamma + beta
