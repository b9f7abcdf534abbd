"""The closed-form continuous-time network, for steps that lie unevenly in time."""

from itertools import pairwise
from typing import Any, Literal

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.activations import activation_of
from seqvision.cells.gated import GatedCell
from seqvision.cells.primitives import gates, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.time_feature import features_besides_time, without_time
from seqvision.options import Activation, PositiveInt


@CELLS.register("cfc", paper="Hasani et al. 2021, arXiv 2106.13898", states="units")
@keras.saving.register_keras_serializable("seqvision")
class CfCCell(RecurrentDropout, GatedCell):
    """Closed-form continuous-time network (CfC): what a liquid network tends to as time passes.

    Liquid time-constant networks (LTC) are differential equations that a solver follows from step
    to step; this is a formula for about where they come to after a time t, so it needs no solver.
    With u = φ(φ([x, h] W + b) W₁ + b₁)…, the backbone of `backbone_layers` layers,

        f = t ∘ (u W_a + b_a) + u W_b + b_b
        h' = σ(−f) ∘ tanh(u W_g + b_g) + (1 − σ(−f)) ∘ tanh(u W_k + b_k)

    a gate that closes with time leads from one answer to another. The other two of `mode` are

        h' = tanh(u W_g + b_g) + σ(f) ∘ tanh(u W_k + b_k)                       `no_gate`
        h' = A − A ∘ q ∘ exp(−t (|w| + |q|)),  q = u W_q + b_q                  `pure`

    the latter being the solution of the LTC itself, with a decay w and a limit A of each unit.

    `kernel` and `recurrent_kernel` are the two parts of the first W, and `head_kernel` holds W_g,
    W_k, W_a, W_b.

    Args:
        mode: which of the three.
        time_feature: which feature of the input is t, the time since the step before, in any unit;
            −1 is the last. It is no part of x. None for steps that are 1 apart. It has to reach the
            cell as it is: an input of series that normalises would move it below zero.
        backbone_units: the size of the backbone's layers; None for no backbone, u = [x, h].
        backbone_layers: how many layers it has.
        backbone_activation: φ: one of Keras's, or `lecun_tanh`, 1.7159 tanh(0.666 x).
        activation: of both answers; `pure` has none.
        recurrent_activation: of the gate; `pure` has none.
        others: those of `GatedCell` and `RecurrentDropout`.

    Raises:
        SeqvisionError: the input has no such `time_feature`, or no other.

    Examples:
        >>> import keras
        >>> from seqvision.cells import CfCCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(CfCCell(16, mode="no_gate", backbone_units=32))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Hasani et al., "Closed-form continuous-time neural networks", 2021, arXiv 2106.13898,
        Nature Machine Intelligence 2022; of LTC "Liquid time-constant networks", 2020, arXiv
        2006.04439. The numbers are those of the authors' package ncps for PyTorch; but there w
        starts at 0, where |w| has no gradient and stays, and here at 1.
    """

    elementwise = True

    def __init__(
        self,
        *args: Any,
        mode: Literal["default", "no_gate", "pure"] = "default",
        time_feature: int | None = None,
        backbone_units: PositiveInt | None = 128,
        backbone_layers: PositiveInt = 1,
        backbone_activation: Activation = "lecun_tanh",
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.mode = mode
        self.time_feature = time_feature
        self.backbone_units = backbone_units
        self.backbone_layers = backbone_layers
        self.backbone_activation = activation_of(backbone_activation)

    def build(self, input_shape: Any) -> None:
        features = features_besides_time("cfc", self.time_feature, input_shape[-1])
        units, within = self.units, self.backbone_layers if self.backbone_units else 0
        heads = units if self.mode == "pure" else 4 * units
        sizes = [*[self.backbone_units] * within, heads]
        self.kernel = self.add_weight((features, sizes[0]), self.kernel_initializer, name="kernel")
        self.recurrent_kernel = self.add_weight(
            (units, sizes[0]), self.recurrent_initializer, name="recurrent_kernel"
        )
        self.bias = self.add_weight((sizes[0],), self.bias_initializer, name="bias")
        self.above = []
        """The kernels and biases of what comes after the first layer."""
        for n, shape in enumerate(pairwise(sizes), start=1):
            name = "head" if n == within else f"backbone_{n}"
            kernel = self.add_weight(shape, self.kernel_initializer, name=f"{name}_kernel")
            bias = self.add_weight(shape[1:], self.bias_initializer, name=f"{name}_bias")
            self.above.append((kernel, bias))
        if self.mode == "pure":
            self.decay = self.add_weight((units,), "ones", name="decay")
            self.limit = self.add_weight((units,), "ones", name="limit")

    def project(self, sequence: Any, training: bool = False) -> Any:
        if self.time_feature is None:
            return [ops.matmul(sequence, self.kernel) + self.bias]
        x, time = without_time(sequence, self.time_feature)
        return [ops.matmul(x, self.kernel) + self.bias, time]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        row, *time = projected
        row = row + times(self.dropped(states[0], training), self.recurrent_kernel)
        for kernel, bias in self.above:
            row = times(self.backbone_activation(row), kernel) + bias
        h = self._later(row, time[0] if time else 1)
        return h, [h]

    def _later(self, row: Any, time: Any) -> Any:
        """The state after a time `(batch, 1)`, from what the heads say."""
        if self.mode == "pure":
            faded = ops.exp(-time * (ops.abs(self.decay) + ops.abs(row)))
            return self.limit * (1 - row * faded)
        now, later, a, b = gates(row, 4)
        passed = self.recurrent_activation(time * a + b)
        now, later = self.activation(now), self.activation(later)
        return (now if self.mode == "no_gate" else (1 - passed) * now) + passed * later
