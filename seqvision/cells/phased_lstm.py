"""The phased LSTM, whose units take turns to be updated."""

import math
from typing import Any

import keras
from keras import ops

from seqvision.cells import CELLS
from seqvision.cells.gated import GatedCell
from seqvision.cells.initializers import raised_bias
from seqvision.cells.primitives import gates, knot, times
from seqvision.cells.recurrent_dropout import RecurrentDropout
from seqvision.cells.time_feature import features_besides_time, without_time
from seqvision.options import Initializer, PositiveFloat, PositiveInt, Share

_CLOCK = 256  # Half precision counts no further than this.


@CELLS.register("phased_lstm", paper="Neil et al. 2016, arXiv 1610.09513", states="units, units, 2")
@keras.saving.register_keras_serializable("seqvision")
class PhasedLSTMCell(RecurrentDropout, GatedCell):
    """LSTM with a time gate: each unit is open for a part of a period of its own.

        φ = ((t − s) mod τ) / τ
        k = 2 φ / r           if φ < r / 2
            2 − 2 φ / r       if r / 2 ≤ φ < r
            α φ               otherwise: closed, but for a leak

        i = σ(x W_i + h U_i + p_i ∘ c + b_i),  f = σ(x W_f + h U_f + p_f ∘ c + b_f)
        c̃ = f ∘ c + i ∘ tanh(x W_c + h U_c + b_c)
        o = σ(x W_o + h U_o + p_o ∘ c̃ + b_o)
        c' = k ∘ c̃ + (1 − k) ∘ c
        h' = k ∘ o ∘ tanh(c̃) + (1 − k) ∘ h

    The period τ, the shift s and the open ratio r are learned for each unit. Kernels hold their
    gates in Keras's order i, f, c, o. The states are `[h, c]` and, where the time is the number
    of the step, a clock that counts steps: their number modulo 256 and their 256s.

    Args:
        time_feature: which feature of the input is the time t, in any unit; it is no part of x.
            None takes the number of the step, from 0.
        ratio_on: r at the start; 0.05 in the paper, 0.1 in TensorFlow.
        trainable_ratio_on: whether r is learned.
        leak: α.
        leak_in_inference: whether units leak in inference too, as they do in TensorFlow; in the
            paper only while training.
        period_min, period_max: τ starts between them, its logarithm uniform; s starts uniform in
            [0, τ). The paper's authors have e and e³, TensorFlow 1 and 1000.
        use_peepholes: whether the gates see the cell state: as in the paper, by a weight a unit.
            TensorFlow has none unless asked, and then a whole kernel.
        forget_bias: what the forget gate's bias starts at, besides its initializer.
        others: those of `GatedCell` and `RecurrentDropout`.

    Raises:
        SeqvisionError: the input has no such `time_feature`, or no other.

    Examples:
        >>> import keras
        >>> from seqvision.cells import PhasedLSTMCell
        >>> from seqvision.layers import Recurrent
        >>> layer = Recurrent(PhasedLSTMCell(16, time_feature=0))
        >>> keras.ops.shape(layer(keras.ops.zeros((2, 5, 8))))
        (2, 16)

    References:
        Neil, Pfeiffer & Liu, "Phased LSTM: accelerating recurrent network training for long or
        event-based sequences", 2016, arXiv 1610.09513.
    """

    elementwise = True

    def __init__(
        self,
        units: PositiveInt,
        time_feature: int | None = None,
        *,
        ratio_on: PositiveFloat = 0.05,
        trainable_ratio_on: bool = True,
        leak: Share = 0.001,
        leak_in_inference: bool = False,
        period_min: PositiveFloat = math.e,
        period_max: PositiveFloat = math.exp(3),  # noqa: B008
        use_peepholes: bool = True,
        forget_bias: float = 0.0,
        recurrent_initializer: Initializer = "orthogonal",
        peephole_initializer: Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(units, recurrent_initializer=recurrent_initializer, **kwargs)
        self.time_feature = time_feature
        self.ratio_on = ratio_on
        self.trainable_ratio_on = trainable_ratio_on
        self.leak = leak
        self.leak_in_inference = leak_in_inference
        self.period_min = period_min
        self.period_max = period_max
        self.use_peepholes = use_peepholes
        self.forget_bias = forget_bias
        self.peephole_initializer = keras.initializers.get(peephole_initializer)
        self.state_size = [units, units] if time_feature is not None else [units, units, 2]

    def build(self, input_shape: Any) -> None:
        units, gates = self.units, 4 * self.units
        features = features_besides_time("phased_lstm", self.time_feature, input_shape[-1])
        self.kernel = self.add_weight((features, gates), self.kernel_initializer, name="kernel")
        self.recurrent_kernel = self.add_weight(
            (units, gates), self.recurrent_initializer, name="recurrent_kernel"
        )
        bias = raised_bias(self.bias_initializer, 1, 4, self.forget_bias)
        self.bias = self.add_weight((gates,), bias, name="bias")
        if self.use_peepholes:
            peephole = self.peephole_initializer
            self.input_peephole = self.add_weight((units,), peephole, name="input_peephole")
            self.forget_peephole = self.add_weight((units,), peephole, name="forget_peephole")
            self.output_peephole = self.add_weight((units,), peephole, name="output_peephole")
        self._build_time_gate()

    def _build_time_gate(self) -> None:
        uniform, log = keras.initializers.RandomUniform, math.log
        log_period, share = uniform(log(self.period_min), log(self.period_max)), uniform(0.0, 1.0)

        def period(shape: Any, dtype: Any = None) -> Any:
            return ops.exp(log_period(shape, dtype=dtype))

        def shift(shape: Any, dtype: Any = None) -> Any:
            return share(shape, dtype=dtype) * ops.convert_to_tensor(self.period)

        # Never cast to half precision: times are large beside what a gate's flank spans.
        self.period = self.add_weight((self.units,), period, name="period", autocast=False)
        self.shift = self.add_weight((self.units,), shift, name="shift", autocast=False)
        self.open_ratio = self.add_weight(
            (self.units,),
            keras.initializers.Constant(self.ratio_on),
            name="open_ratio",
            trainable=self.trainable_ratio_on,
            autocast=False,
        )

    def project(self, sequence: Any, training: bool = False) -> Any:
        if self.time_feature is None:
            return ops.matmul(sequence, self.kernel) + self.bias
        x, time = without_time(sequence, self.time_feature)
        return [ops.matmul(x, self.kernel) + self.bias, self.time_gate(time, training)]

    def step(
        self, projected: Any, states: list[Any], training: bool = False
    ) -> tuple[Any, list[Any]]:
        h, c, *clock = states
        if clock:
            ticks = ops.stop_gradient(clock[0])
            z, k = projected, self.time_gate(_time(ticks, self._time_dtype), training)
            clock = [_ticked(ticks)]
        else:
            z, k = projected
        i, f, g, o = gates(z + times(self.dropped(h, training), self.recurrent_kernel), 4)
        if self.use_peepholes:
            i = i + self.input_peephole * c
            f = f + self.forget_peephole * c
        new_c = self.recurrent_activation(f) * c + self.recurrent_activation(i) * self.activation(g)
        new_c = knot(new_c)
        if self.use_peepholes:
            o = o + self.output_peephole * new_c
        new_h = self.recurrent_activation(o) * self.activation(new_c)
        h, c = k * new_h + (1 - k) * h, k * new_c + (1 - k) * c
        return h, [h, c, *clock]

    def time_gate(self, time: Any, training: bool = False) -> Any:
        """How open each unit is at a time `(..., 1)`: k, `(..., units)`."""
        dtype = self._time_dtype
        period, shift, ratio = (
            ops.cast(w, dtype) for w in (self.period, self.shift, self.open_ratio)
        )
        cycles = (ops.cast(time, dtype) - shift) / period
        phase = cycles - ops.floor(cycles)
        up = 2 * phase / ratio
        closed = self.leak * phase if training or self.leak_in_inference else ops.zeros_like(phase)
        k = ops.where(phase < ratio / 2, up, ops.where(phase < ratio, 2 - up, closed))
        return ops.cast(k, self.compute_dtype)

    @property
    def _time_dtype(self) -> str:
        return "float64" if self.compute_dtype == "float64" else "float32"


def _time(clock: Any, dtype: str) -> Any:
    """The number of the step, `(batch, 1)`, from the clock `(batch, 2)`."""
    clock = ops.cast(clock, dtype)
    return clock[:, :1] + _CLOCK * clock[:, 1:]


def _ticked(clock: Any) -> Any:
    """The clock of the next step, `(batch, 2)`."""
    low = clock[:, :1] + 1
    full = ops.cast(low >= _CLOCK, clock.dtype)
    return ops.concatenate([low * (1 - full), clock[:, 1:] + full], axis=-1)
