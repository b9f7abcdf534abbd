"""The LSTM and the GRU with layer normalisation, in the places where each source has it."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base import CellLayer, raised_bias
from seqvision.cells.primitives import gates, knot, normalised, times
from seqvision.options import Activation, Initializer, PositiveFloat, PositiveInt, Rate


@CELLS.register(
    "layer_norm_lstm",
    paper="Ba et al. 2016, arXiv 1607.06450",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class LayerNormLSTMCell(CellLayer):
    """LSTM with layer normalisation and dropout of the candidate.

    With LN(v) = γ ∘ (v − mean(v)) / √(var(v) + ε) + β, each place with its own γ and β:

    `variant="paper"` (Ba et al.): what comes from the input and from the state is normalised
    apart, over the four gates together; the cell state is normalised on its way out only.

        z = LN(x W) + LN(h U) + b
        c' = σ(z_f) ∘ c + σ(z_i) ∘ d(tanh(z_c)),  h' = σ(z_o) ∘ tanh(LN(c'))

    `variant="separate"` (TensorFlow Addons): the same, but the normalised cell state is stored:
    c' = LN(σ(z_f) ∘ c + …), h' = σ(z_o) ∘ tanh(c').

    `variant="joint"` (TensorFlow contrib): the sum x W + h U is normalised, each gate by itself
    and without b; the normalised cell state is stored.

    Kernels hold the gates in Keras's order i, f, c, o; the states are `[h, c]`.

    Args:
        units: size of the cell state.
        variant: where the norm sits.
        epsilon: ε, added to the variance. Addons has 1e-3, contrib 1e-12.
        recurrent_dropout: share of the candidate that d zeroes while training, drawn anew for
            each time step (Semeniuta et al. 2016).
        use_peepholes: whether the gates see the cell state (contrib's option).
        forget_bias: what the forget gate's bias (`joint`: its β) starts at.
        cell_clip: bound of the stored cell state's absolute values, after the norm.
        projection: size of the output, given by a linear projection; None for no projection.
        projection_clip: bound of the projected output's absolute values.
        seed: seed of the dropout.

    References:
        Ba, Kiros & Hinton, "Layer normalization", 2016, arXiv 1607.06450; Semeniuta, Severyn &
        Barth, "Recurrent dropout without memory loss", 2016, arXiv 1603.05118.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        variant: Literal["paper", "separate", "joint"] = "paper",
        epsilon: PositiveFloat = 1e-3,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
        recurrent_dropout: Rate = 0.0,
        use_peepholes: bool = False,
        forget_bias: float = 1.0,
        cell_clip: PositiveFloat | None = None,
        projection: PositiveInt | None = None,
        projection_clip: PositiveFloat | None = None,
        kernel_initializer: Initializer = "glorot_uniform",
        recurrent_initializer: Initializer = "orthogonal",
        bias_initializer: Initializer = "zeros",
        gamma_initializer: Initializer = "ones",
        beta_initializer: Initializer = "zeros",
        peephole_initializer: Initializer = "glorot_uniform",
        projection_initializer: Initializer = "glorot_uniform",
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.variant = variant
        self.epsilon = epsilon
        self.activation: Any = keras.activations.get(activation)
        self.recurrent_activation: Any = keras.activations.get(recurrent_activation)
        self.recurrent_dropout = recurrent_dropout
        self.use_peepholes = use_peepholes
        self.forget_bias = forget_bias
        self.cell_clip = cell_clip
        self.projection = projection
        self.projection_clip = projection_clip
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.projection_initializer = keras.initializers.get(projection_initializer)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.output_size = projection or units
        self.state_size = [self.output_size, units]

    def build(self, input_shape: Any) -> None:
        units, gates = self.units, 4 * self.units
        gamma, beta = self.gamma_initializer, self.beta_initializer
        self.kernel = self.add_weight(
            (input_shape[-1], gates), self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.output_size, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        if self.variant == "joint":
            raised = raised_bias(beta, 1, 4, self.forget_bias)
            self.gate_gamma = self.add_weight((gates,), gamma, name="gate_gamma")
            self.gate_beta = self.add_weight((gates,), raised, name="gate_beta")
        else:
            raised = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
            self.bias = self.add_weight((gates,), raised, name="bias")
            self.kernel_gamma = self.add_weight((gates,), gamma, name="kernel_gamma")
            self.kernel_beta = self.add_weight((gates,), beta, name="kernel_beta")
            self.recurrent_gamma = self.add_weight((gates,), gamma, name="recurrent_gamma")
            self.recurrent_beta = self.add_weight((gates,), beta, name="recurrent_beta")
        self.state_gamma = self.add_weight((units,), gamma, name="state_gamma")
        self.state_beta = self.add_weight((units,), beta, name="state_beta")
        if self.use_peepholes:
            peephole = self.peephole_initializer
            self.input_peephole = self.add_weight((units,), peephole, name="input_peephole")
            self.forget_peephole = self.add_weight((units,), peephole, name="forget_peephole")
            self.output_peephole = self.add_weight((units,), peephole, name="output_peephole")
        if self.projection:
            self.projection_kernel = self.add_weight(
                (units, self.projection), self.projection_initializer, name="projection_kernel"
            )

    def project(self, sequence: Any, training: bool = False) -> Any:
        z = ops.matmul(sequence, self.kernel)
        if self.variant != "joint":
            z = _norm(z, self.kernel_gamma, self.kernel_beta, self.epsilon) + self.bias
        if not training or not self.recurrent_dropout:
            return z
        ones = ops.ones_like(z[..., : self.units])
        return [z, keras.random.dropout(ones, self.recurrent_dropout, seed=self.seed_generator)]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c = states
        z, kept = projected if isinstance(projected, (list, tuple)) else (projected, None)
        recurrent = times(h, self.recurrent_kernel)
        if self.variant == "joint":
            z = normalised(z + recurrent, self.epsilon, (self.units,) * 4)
            i, f, g, o = gates(z * self.gate_gamma + self.gate_beta, 4)
        else:
            z = z + _norm(recurrent, self.recurrent_gamma, self.recurrent_beta, self.epsilon)
            i, f, g, o = gates(z, 4)
        if self.use_peepholes:
            i = i + self.input_peephole * c
            f = f + self.forget_peephole * c
        g = self.activation(g)
        if kept is not None:
            g = g * kept
        c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * g
        if self.variant != "paper":
            c = _norm(c, self.state_gamma, self.state_beta, self.epsilon)
        if self.cell_clip:
            c = ops.clip(c, -self.cell_clip, self.cell_clip)
        c = knot(c)
        if self.use_peepholes:
            o = o + self.output_peephole * c
        seen = c
        if self.variant == "paper":
            seen = _norm(c, self.state_gamma, self.state_beta, self.epsilon)
        h = self.recurrent_activation(o) * self.activation(seen)
        if self.projection:
            h = times(h, self.projection_kernel)
            if self.projection_clip:
                h = ops.clip(h, -self.projection_clip, self.projection_clip)
        return h, [h, c]


@CELLS.register("layer_norm_gru", paper="Ba et al. 2016, arXiv 1607.06450", states="units")
@keras.saving.register_keras_serializable("seqvision")
class LayerNormGRUCell(CellLayer):
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
        units = self.units
        if self.variant == "separate":
            recurrent = times(h, self.recurrent_kernel)
            recurrent = self._norm_apart(recurrent, self.recurrent_gamma, self.recurrent_beta)
            (x_z, x_r, x_c), (z, r, c) = ops.split(projected, 3, axis=-1), gates(recurrent, 3)
            z, r = self.recurrent_activation(x_z + z), self.recurrent_activation(x_r + r)
            candidate = x_c + r * c
        else:
            both = projected[:, : 2 * units] + times(h, self.recurrent_kernel[:, : 2 * units])
            both = normalised(both, self.epsilon, (units,) * 2)
            z, r = gates(both * self.gamma[: 2 * units] + self.beta[: 2 * units], 2)
            z, r = self.recurrent_activation(z), self.recurrent_activation(r)
            candidate = projected[:, 2 * units :]
            candidate = candidate + times(r * h, self.recurrent_kernel[:, 2 * units :])
            candidate = _norm(
                candidate, self.gamma[2 * units :], self.beta[2 * units :], self.epsilon
            )
        h = z * h + (1 - z) * self.activation(candidate)
        return h, [h]

    def _norm_apart(self, values: Any, gamma: Any, beta: Any) -> Any:
        """Normalise the two gates together and the candidate by itself."""
        return normalised(values, self.epsilon, (2 * self.units, self.units)) * gamma + beta


def _norm(values: Any, gamma: Any, beta: Any, epsilon: float) -> Any:
    """Layer normalisation over the last axis."""
    return normalised(values, epsilon) * gamma + beta
