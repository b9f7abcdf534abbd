"""From a sequence to one vector: the last step, the mean, the maximum, or attention.

Each layer takes `(batch, steps, features)` and returns `(batch, features)`, or with
`return_sequences` what it makes of the steps so far, `(batch, steps, features)`. Masked steps count
neither in the result nor in a gradient, even if they are NaN; if all are masked the result is 0.
Where steps come one at a time, `step` pools what has come so far from what it keeps of it.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.layers.masked import lowest, without_masked
from seqvision.layers.precision import full

_LEAST = float(np.finfo("float32").min)
"""What a maximum begins with. Not minus infinity, which JSON cannot hold."""


class Pooling(keras.layers.Layer):
    """Pools all steps, or at each step all up to it.

    Args:
        return_sequences: pool after every step, `(batch, steps, features)`, and pass the mask on.
    """

    def __init__(self, return_sequences: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.return_sequences = return_sequences
        self.supports_masking = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask if self.return_sequences else None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, steps, features = input_shape
        return (batch, steps, features) if self.return_sequences else (batch, features)

    def states(self, features: int) -> list[tuple[int, float]]:
        """The size of each state that `step` keeps, and the value that it begins with."""
        return []

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Pool one more step.

        Args:
            inputs: the step, `(batch, features)`.
            states: what was kept of the steps before it, each `(batch, size)`, in float32 or more.

        Returns:
            What all steps so far are pooled to, `(batch, features)`, and the new states.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "return_sequences": self.return_sequences}


@keras.saving.register_keras_serializable("seqvision")
class LastStep(Pooling):
    """The last step that is not masked.

    Examples:
        >>> import keras
        >>> from seqvision.layers import LastStep
        >>> x = keras.ops.array([[[1.0], [2.0], [3.0]]])
        >>> mask = keras.ops.array([[True, True, False]])
        >>> keras.ops.convert_to_numpy(LastStep()(x, mask)).tolist()
        [[2.0]]
    """

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return inputs if self.return_sequences else inputs[:, -1]
        inputs = without_masked(inputs, mask)
        steps = ops.where(mask, ops.arange(ops.shape(inputs)[1], dtype="int32"), 0)
        if self.return_sequences:
            (last,) = _so_far(_larger, [steps])
            return ops.take_along_axis(inputs, last[:, :, None], axis=1)
        last = ops.max(steps, axis=1)
        return ops.squeeze(ops.take_along_axis(inputs, last[:, None, None], axis=1), axis=1)

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        return inputs, []


@keras.saving.register_keras_serializable("seqvision")
class MeanOverTime(Pooling):
    """The mean of the steps; with `return_sequences` the running mean.

    `keras.layers.GlobalAveragePooling1D` cannot do the latter, and returns NaN for a sequence that
    is masked whole, where this returns 0.

    Examples:
        >>> import keras
        >>> from seqvision.layers import MeanOverTime
        >>> layer = MeanOverTime(return_sequences=True)
        >>> keras.ops.convert_to_numpy(layer(keras.ops.array([[[1.0], [3.0], [2.0]]]))).tolist()
        [[[1.0], [2.0], [2.0]]]
    """

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None and not self.return_sequences:
            return ops.mean(inputs, axis=1)
        inputs = without_masked(inputs, mask)
        weight = ops.ones_like(inputs[:, :, :1])
        if mask is not None:
            weight = ops.cast(mask, inputs.dtype)[:, :, None]
        if self.return_sequences:
            steps, weight = (ops.cast(x, full(inputs.dtype)) for x in (inputs, weight))
            mean = ops.cumsum(steps, axis=1) / ops.maximum(ops.cumsum(weight, axis=1), 1)
            return ops.cast(mean, inputs.dtype)
        return ops.sum(inputs, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1)

    def states(self, features: int) -> list[tuple[int, float]]:
        return [(features, 0.0), (1, 0.0)]

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        total, count = states
        total, count = total + ops.cast(inputs, total.dtype), count + 1
        return ops.cast(total / count, inputs.dtype), [total, count]


@keras.saving.register_keras_serializable("seqvision")
class MaxOverTime(Pooling):
    """The maximum of each feature over the steps; with `return_sequences` the running maximum.

    `keras.layers.GlobalMaxPooling1D` ignores masks, with a warning, and has no `return_sequences`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import MaxOverTime
        >>> layer = MaxOverTime(return_sequences=True)
        >>> keras.ops.convert_to_numpy(layer(keras.ops.array([[[1.0], [3.0], [2.0]]]))).tolist()
        [[[1.0], [3.0], [3.0]]]
    """

    def call(self, inputs: Any, mask: Any = None) -> Any:
        if mask is None:
            return self._largest(inputs)
        largest = self._largest(without_masked(inputs, mask, lowest(inputs)))
        seen = self._largest(ops.cast(mask, inputs.dtype)[:, :, None])
        return ops.where(seen > 0, largest, ops.zeros_like(largest))

    def states(self, features: int) -> list[tuple[int, float]]:
        return [(features, _LEAST)]

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        largest = ops.maximum(states[0], ops.cast(inputs, states[0].dtype))
        return ops.cast(largest, inputs.dtype), [largest]

    def _largest(self, inputs: Any) -> Any:
        return _so_far(_larger, [inputs])[0] if self.return_sequences else ops.max(inputs, axis=1)


@keras.saving.register_keras_serializable("seqvision")
class AttentionPooling(Pooling):
    """A weighted mean whose weights the layer learns: feed-forward attention.

    With steps h(t): e(t) = v · tanh(W h(t) + b), a = softmax over time of e, output = Σ a(t) h(t).
    Raffel & Ellis 2015, arXiv 1512.08756; Yang et al. 2016 (HAN).

    Args:
        units: the width of the hidden layer; that of the features when not given.
        return_sequences: after every step return the weighted mean of the steps so far, with the
            softmax over these: `(batch, steps, features)`.

    Examples:
        >>> import keras
        >>> from seqvision.layers import AttentionPooling
        >>> keras.ops.shape(AttentionPooling()(keras.ops.zeros((2, 5, 8))))
        (2, 8)
    """

    def __init__(self, units: int | None = None, return_sequences: bool = False, **kwargs: Any):
        super().__init__(return_sequences, **kwargs)
        self.units = units

    def build(self, input_shape: Any) -> None:
        features = input_shape[-1]
        units = self.units or features
        self.kernel = self.add_weight((features, units), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((units,), "zeros", name="bias")
        self.score = self.add_weight((units, 1), "glorot_uniform", name="score")

    def call(self, inputs: Any, mask: Any = None) -> Any:
        inputs = without_masked(inputs, mask)
        scores = self._scores(inputs)
        if mask is not None:
            scores = ops.where(mask[:, :, None], scores, ops.cast(-3e4, scores.dtype))
        if self.return_sequences:
            stretches = [
                ops.cast(x, full(inputs.dtype)) for x in (scores, ops.ones_like(scores), inputs)
            ]
            _, weights, sums = _so_far(_one_stretch, stretches)
            return ops.cast(sums / weights, inputs.dtype)
        return ops.sum(inputs * ops.softmax(scores, axis=1), axis=1)

    def _scores(self, inputs: Any) -> Any:
        """E of each step, `(..., 1)`."""
        hidden = ops.tanh(ops.matmul(inputs, self.kernel) + self.bias)
        return ops.matmul(hidden, self.score)

    def states(self, features: int) -> list[tuple[int, float]]:
        return [(1, _LEAST), (1, 0.0), (features, 0.0)]

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        score = self._scores(inputs)
        new = [ops.cast(x, states[0].dtype) for x in (score, ops.ones_like(score), inputs)]
        states = _one_stretch(states, new)
        return ops.cast(states[2] / states[1], inputs.dtype), states

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


def _so_far(join: Any, stretches: list[Any]) -> list[Any]:
    """Combine, for each step, all steps up to it: an associative scan in log2(steps) rounds.

    Keras 3.15's `associative_scan` loses the shapes of tensors in a graph of TensorFlow's.

    Args:
        join: combines two stretches of steps, one after the other, into one.
        stretches: what describes each step alone, tensors `(batch, steps, size)`.
    """
    length, steps = 1, stretches[0].shape[1]
    while length < steps:
        joined = join([x[:, :-length] for x in stretches], [x[:, length:] for x in stretches])
        pairs = zip(stretches, joined, strict=True)
        stretches = [ops.concatenate([x[:, :length], longer], axis=1) for x, longer in pairs]
        length *= 2
    return stretches


def _larger(first: list[Any], second: list[Any]) -> list[Any]:
    return [ops.maximum(first[0], second[0])]


def _one_stretch(first: list[Any], second: list[Any]) -> list[Any]:
    """Join two stretches, each its top score and the sums of exp(score − top) times 1 and times h.

    The online softmax of Milakov & Gimelshein 2018, arXiv 1805.02867.
    """
    top = ops.maximum(first[0], second[0])
    before, after = ops.exp(first[0] - top), ops.exp(second[0] - top)
    return [top, *(before * a + after * b for a, b in zip(first[1:], second[1:], strict=True))]


POOLINGS = {
    "last": LastStep,
    "mean": MeanOverTime,
    "max": MaxOverTime,
    "attention": AttentionPooling,
}
"""The layer for each value of a family's `pooling` option."""
