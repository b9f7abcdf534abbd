"""The LSTM with layer normalisation, in the places where each source has it."""

from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.base_lstm import BaseLSTMCell
from seqvision.cells.primitives import gates, normalised, times
from seqvision.options import Initializer, PositiveFloat, PositiveInt, Rate


@CELLS.register(
    "layer_norm_lstm",
    paper="Ba et al. 2016, arXiv 1607.06450",
    states="projection or units, units",
)
@keras.saving.register_keras_serializable("seqvision")
class LayerNormLSTMCell(BaseLSTMCell):
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

    Before the first update, as long as only zeros were read, such as blank rows, there is no
    variance, and the gradient of b and β grows a hundredfold with each of these steps at ε = 1e-3.
    After a dozen it is beyond float32; a larger ε, such as 0.1, keeps it small.

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

    Examples:
        >>> import keras
        >>> from seqvision.cells import LayerNormLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(LayerNormLSTMCell(16, variant="joint"), return_sequences=True)
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 5, 16)

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
        *args: Any,
        recurrent_dropout: Rate = 0.0,
        gamma_initializer: Initializer = "ones",
        beta_initializer: Initializer = "zeros",
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(units, *args, **kwargs)
        self.variant = variant
        self.epsilon = epsilon
        self.recurrent_dropout = recurrent_dropout
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def add_biases(self, width: int) -> None:
        gamma, beta = self.gamma_initializer, self.beta_initializer
        if self.variant == "joint":
            self.gate_gamma = self.add_weight((width,), gamma, name="gate_gamma")
            self.gate_beta = self.add_weight((width,), self.raised(beta), name="gate_beta")
        else:
            super().add_biases(width)
            self.kernel_gamma = self.add_weight((width,), gamma, name="kernel_gamma")
            self.kernel_beta = self.add_weight((width,), beta, name="kernel_beta")
            self.recurrent_gamma = self.add_weight((width,), gamma, name="recurrent_gamma")
            self.recurrent_beta = self.add_weight((width,), beta, name="recurrent_beta")
        self.state_gamma = self.add_weight((self.units,), gamma, name="state_gamma")
        self.state_beta = self.add_weight((self.units,), beta, name="state_beta")

    def project(self, sequence: Any, training: bool = False) -> Any:
        z = ops.matmul(sequence, self.kernel)
        if self.variant != "joint":
            z = self._norm(z, self.kernel_gamma, self.kernel_beta) + self.bias
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
            z = z + self._norm(recurrent, self.recurrent_gamma, self.recurrent_beta)
            i, f, g, o = gates(z, 4)
        i, f = self.gate(i, c, self.input_peephole), self.gate(f, c, self.forget_peephole)
        g = self.activation(g)
        if kept is not None:
            g = g * kept
        c = f * c + i * g
        if self.variant != "paper":
            return self.put_out(o, self.clipped(self._norm(c, self.state_gamma, self.state_beta)))
        c = self.clipped(c)
        return self.put_out(o, c, shown=self._norm(c, self.state_gamma, self.state_beta))

    def _norm(self, values: Any, gamma: Any, beta: Any) -> Any:
        """Normalise values `(…, n)` over the last axis, with γ and β `(n,)`."""
        return normalised(values, self.epsilon) * gamma + beta
