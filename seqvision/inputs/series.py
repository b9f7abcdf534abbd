"""Series of any length with gaps: normalised, gaps filled, and masked after their ends."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.inputs import INPUTS
from seqvision.inputs.gaps import filled, places, until_last, without_nan
from seqvision.options import PositiveInt

Normalize = Literal["train", "each", "none"]
Gaps = Literal["zero", "hold", "linear"]
Keep = Literal["head", "tail", "window"]


@INPUTS.register("series", kind="series")
def series(
    shape: Sequence[int | None],
    normalize: Normalize = "train",
    gaps: Gaps = "zero",
    gap_flags: bool = False,
    max_steps: PositiveInt | None = None,
    keep: Keep = "head",
) -> tuple[Any, Any]:
    """Series of numbers, NaN where there is none, as a masked sequence of normalised features.

    Args:
        shape: `(steps, features)`, None for `steps` of any number.
        normalize: to mean 0 and deviation 1, feature by feature: by the statistics of the
            `train`ing series, of `each` series by itself, or not at all.
        gaps: what stands where a feature was not observed: `zero`, which is the mean; the value
            observed before (`hold`); or the line between the values before and after (`linear`).
        gap_flags: let a second half of the features say where one was not observed, as 1.
        max_steps: how many steps are read at most.
        keep: of a longer series the `head`, the `tail`, or a `window`: in training a random one,
            drawn anew in each epoch, and else the middle.

    Returns:
        The model's input, and the sequence `(batch, steps, features)` with its mask.

    Raises:
        SeqvisionError: the shape is another.
    """
    sizes_fit = len(shape) == 2 and all(n is None or (isinstance(n, int) and n > 0) for n in shape)
    if not sizes_fit or shape[-1] is None:
        raise SeqvisionError(
            f"input_shape: expected (None, features) or (steps, features) of series, got "
            f"{tuple(shape)}"
        )
    raw = keras.Input(tuple(shape), name="series")
    return raw, SeriesInput(normalize, gaps, gap_flags, max_steps, keep, name="input")(raw)


@keras.saving.register_keras_serializable("seqvision")
class SeriesInput(keras.layers.Layer):
    """From raw series `(batch, steps, features)`, NaN where nothing was observed, to a sequence.

    A series ends with the last step at which any feature was observed; the steps after it are
    masked. Where a feature was not observed before that is a gap, which is filled. All is computed
    in float32, whatever the policy, and then cast: raw numbers may have more digits than half
    precision keeps.

    Args:
        normalize: `train` uses the mean and deviation that `adapt` found and that are kept as
            weights; `each` those of each series, of what was observed in it; `none` neither.
            What has the same value throughout becomes 0.
        gaps: `zero`, `hold` or `linear`; `hold` before the first observed value is zero, `linear`
            goes on level before the first and after the last.
        gap_flags: append `(batch, steps, features)` that are 1 where a feature was not observed.
        max_steps, keep: of a longer series, leave its `head`, its `tail` or, as `window`, its
            middle; in training too: it is up to the batches to hold random windows.
    """

    def __init__(
        self,
        normalize: Normalize = "train",
        gaps: Gaps = "zero",
        gap_flags: bool = False,
        max_steps: int | None = None,
        keep: Keep = "head",
        **kwargs: Any,
    ):
        super().__init__(autocast=False, **kwargs)
        self.normalize = normalize
        self.gaps = gaps
        self.gap_flags = gap_flags
        self.max_steps = max_steps
        self.keep = keep
        self.supports_masking = True

    @property
    def looks_ahead(self) -> str | None:
        """Why what it says of a step depends on later ones; None if it does not."""
        if self.normalize == "each":
            return "normalize: each takes the mean of the whole series"
        if self.max_steps and self.keep != "head":
            return f"keep: {self.keep} is known at the end of the series"
        return "gaps: linear fills a gap up to the value after it" if self._is_linear else None

    @property
    def _is_linear(self) -> bool:
        return self.gaps == "linear"

    def build(self, input_shape: Any) -> None:
        if self.normalize == "train":
            kept: dict[str, Any] = {
                "shape": (input_shape[-1],),
                "dtype": "float32",
                "autocast": False,
            }
            self.mean = self.add_weight(**kept, initializer="zeros", trainable=False, name="mean")
            # What is multiplied by: 0 where a feature never changes.
            self.scale = self.add_weight(**kept, initializer="ones", trainable=False, name="scale")

    def adapt(self, values: np.ndarray) -> None:
        """Set the mean and deviation that `train` normalises by; the others need none.

        Args:
            values: of the training series, `(..., features)`; NaN is left out. A feature that is
                the same throughout, or was never observed, will be 0 everywhere.
        """
        if self.normalize != "train":
            return
        features = np.reshape(values, (-1, values.shape[-1])).T
        found = np.array([mean_and_scale(feature) for feature in features], "float32")
        self.mean.assign(found[:, 0])
        self.scale.assign(found[:, 1])

    def call(self, inputs: Any) -> Any:
        inputs = self._cut(ops.cast(inputs, "float32"))
        observed = ops.logical_not(ops.isnan(inputs))
        values = self._normalized(without_nan(inputs, observed), observed)
        values = ops.where(observed, values, 0.0)
        if self.gaps != "zero":
            values = filled(values, observed, self._is_linear)
        within = ops.cast(until_last(observed), "float32")[:, :, None]
        return ops.cast(self._flagged(values, observed) * within, self.compute_dtype)

    def states(self, features: int) -> list[tuple[int, float]]:
        """The size of each state that `step` keeps, and the value that it begins with."""
        return [(features, 0.0)] if self.gaps == "hold" else []

    def step(self, inputs: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """Do what `call` does for one step, of an input that does not look ahead.

        Args:
            inputs: the raw step `(batch, features)`.
            states: what gaps are filled with, `(batch, features)`, if they are held.

        Returns:
            What the step is, `(batch, features)` with flags, and the new states.
        """
        inputs = ops.cast(inputs, "float32")
        observed = ops.logical_not(ops.isnan(inputs))
        values = self._normalized(without_nan(inputs, observed), observed)
        values = ops.where(observed, values, states[0] if states else 0.0)
        output = ops.cast(self._flagged(values, observed), self.compute_dtype)
        return output, [values] if states else []

    def _flagged(self, values: Any, observed: Any) -> Any:
        """The values `(..., features)`, with the flags of gaps if they are wanted."""
        if not self.gap_flags:
            return values
        return ops.concatenate([values, ops.cast(ops.logical_not(observed), "float32")], axis=-1)

    def _cut(self, inputs: Any) -> Any:
        """Leave `max_steps` of each series, or all there are."""
        if self.max_steps is None or (inputs.shape[1] or math.inf) <= self.max_steps:
            return inputs
        if self.keep == "head":
            return inputs[:, : self.max_steps]
        length = ops.sum(
            ops.cast(until_last(ops.logical_not(ops.isnan(inputs))), "int32"),
            axis=1,
            keepdims=True,
        )
        surplus = ops.maximum(length - self.max_steps, 0)
        first = surplus if self.keep == "tail" else surplus // 2
        place = first + places(inputs[:, : self.max_steps, 0])
        return ops.take_along_axis(inputs, place[:, :, None], axis=1)

    def _normalized(self, values: Any, observed: Any) -> Any:
        if self.normalize == "train":
            return (values - self.mean) * self.scale
        if self.normalize == "none":
            return values
        weight = ops.cast(observed, "float32")
        count = ops.maximum(ops.sum(weight, axis=1, keepdims=True), 1.0)
        mean = ops.sum(values, axis=1, keepdims=True) / count
        centred = (values - mean) * weight
        deviation = ops.sqrt(ops.sum(ops.square(centred), axis=1, keepdims=True) / count)
        # A constant series leaves rounding errors of its mean, which are not to be blown up.
        changes = deviation > 1e-6 * ops.abs(mean)
        return ops.where(changes, centred / ops.where(changes, deviation, 1.0), 0.0)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return until_last(ops.logical_not(ops.isnan(self._cut(inputs))))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, steps, features = input_shape
        if steps is not None and self.max_steps is not None:
            steps = min(steps, self.max_steps)
        return batch, steps, features * (1 + self.gap_flags)

    def get_config(self) -> dict[str, Any]:
        own = ("normalize", "gaps", "gap_flags", "max_steps", "keep")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def mean_and_scale(values: np.ndarray) -> tuple[float, float]:
    """The mean of values `(n,)`, and 1 over their deviation; 0 if they do not differ."""
    values = values[~np.isnan(values)]
    if not len(values) or values.min() == values.max():
        return (float(values[0]) if len(values) else 0.0), 0.0
    return values.mean(dtype=float), 1 / values.std(dtype=float)
