"""`seqvision.streaming`: a causal model that is given its input step by step."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqvision.errors import SeqvisionError
from seqvision.exporting.stepwise import Stepwise
from seqvision.import_keras import import_keras

if TYPE_CHECKING:
    import keras

_STEPS = "steps"


def streaming(model: "str | Path | keras.Model", batch: int = 1) -> "Stream":
    """Let a causal model read as steps come, and say at each what it makes of those so far.

    After each step it says what the whole model says of a sample that ends there, with no more work
    than one step takes. A model of series takes raw steps: it normalises them, fills gaps and says
    where they are as the whole does.

    Args:
        model: a `keras.Model` of which no layer looks ahead, as `step_model` takes it, or where a
            trained one is.
        batch: how many samples, such as sensors, are read side by side.

    Raises:
        SeqvisionError: the model looks ahead, or is not known not to; it says by which layer.

    Examples:
        >>> import numpy as np, seqvision
        >>> stream = seqvision.streaming(seqvision.create_model("stacked", cell="gru", units=[8]))
        >>> for row in np.zeros((28, 28)):
        ...     logits = stream.step(row)
        >>> logits.shape
        (1, 10)
    """
    if not isinstance(batch, int) or batch < 1:
        raise SeqvisionError(f"streaming: batch: expected a whole number from 1, got {batch!r}")
    import_keras()
    from seqvision.exporting.streaming import stepwise
    from seqvision.saved import load_model

    if isinstance(model, (str, Path)):
        model = load_model(model)
    return Stream(stepwise(model), batch)


class Stream:
    """A model in the midst of reading samples step by step.

    Args:
        stepwise: the model of one step.
        batch: how many samples it reads side by side.

    Attributes:
        steps: how many steps it has read since the last `reset`.
    """

    def __init__(self, stepwise: Stepwise, batch: int):
        self.batch = batch
        self._stepwise = stepwise
        self.reset()

    def reset(self) -> None:
        """Forget what was read: the next step is the first."""
        self.steps = 0
        self._states = self._stepwise.start(self.batch)

    def step(self, x: Any) -> np.ndarray:
        """Read a step, or some; return the logits `(batch, classes)` of what was read so far.

        Args:
            x: the raw values of the next step, `(batch, features)`, or if `batch` is 1 also
                `(features,)`; or of some steps, `(batch, steps, features)`. Of series, NaN is what
                was not observed: at a step of which nothing was, the answer stays what it is. Of
                images, a step is what the model's scan makes of one, such as a row.

        Raises:
            SeqvisionError: it has another shape, or is infinite; or images have no more steps.
        """
        steps = self._steps_of(x)
        answer = None
        for row in steps.swapaxes(0, 1):
            answer, self._states = self._stepwise(row, self._states)
            self.steps += 1
        assert answer is not None  # There is a step at least.
        return answer

    def _steps_of(self, x: Any) -> np.ndarray:
        """What `step` is given, checked, as `(batch, steps, features)`."""
        about = self._stepwise.about
        try:
            values = np.asarray(x, about.dtype)
        except (TypeError, ValueError):
            raise SeqvisionError(f"streaming: expected numbers, got {x!r:.80}") from None
        given = values.shape
        if values.ndim == 1 and self.batch == 1:
            values = values[None]
        if values.ndim == 2:
            values = values[:, None]
        fits = values.ndim == 3 and (len(values), values.shape[2]) == (self.batch, about.features)
        if not fits or not values.shape[1]:
            raise SeqvisionError(
                f"streaming: expected a step ({self.batch}, {about.features}) or some "
                f"({self.batch}, steps, {about.features}), got {given}"
            )
        if np.isinf(values).any():
            raise SeqvisionError("streaming: expected numbers or NaN, got an infinite one")
        if about.steps is not None and self.steps + values.shape[1] > about.steps:
            raise SeqvisionError(
                f"streaming: a sample has {about.steps} steps, and {self.steps} are read; reset() "
                "begins another"
            )
        return values

    @property
    def state(self) -> dict[str, Any]:
        """All that it knows of what it read: arrays `(batch, size)` by name, and `steps`.

        It can be kept, and set again here or at a stream of the same model elsewhere.
        """
        return {_STEPS: self.steps, **{name: value.copy() for name, value in self._states.items()}}

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        states = {name: np.asarray(value) for name, value in state.items() if name != _STEPS}
        shapes, wanted = ({n: v.shape for n, v in s.items()} for s in (states, self._states))
        if shapes != wanted or _STEPS not in state:
            raise SeqvisionError(
                f"streaming: expected the state of a stream {wanted}, got {shapes}"
            )
        self.steps = int(state[_STEPS])
        self._states = {name: states[name].astype(v.dtype) for name, v in self._states.items()}
