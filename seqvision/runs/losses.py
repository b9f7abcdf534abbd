"""The losses of training steps, read some steps later and many at once.

Whoever reads a loss waits until the device has computed it, and the device then waits for the next
step. So losses are read when later steps have long been handed over.
"""

import time
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

_SECONDS = 0.2
"""How long losses are left alone."""


class Step(NamedTuple):
    """A training step."""

    number: int
    """In the run, from 1."""
    images: int
    seen: int
    """Images of this epoch so far."""
    loss: Any
    """The mean since the epoch began, as are others: a number or a tensor."""
    accuracy: Any


class Losses:
    """Keeps steps until their losses are computed."""

    def __init__(self) -> None:
        self.older: list[Step] = []
        self.newer: list[Step] = []
        self.since = 0.0

    def add(self, step: Step) -> None:
        self.newer.append(step)

    def ready(self) -> list[Step]:
        """The steps, with numbers, that ended a while ago; none in between."""
        now = time.perf_counter()
        if now - self.since < _SECONDS:
            return []
        ready, self.older, self.newer, self.since = self.older, self.newer, [], now
        return _read(ready)

    def all(self) -> list[Step]:
        """All that are left; waits for them."""
        left, self.older, self.newer = [*self.older, *self.newer], [], []
        return _read(left)


def _read(steps: list[Step]) -> list[Step]:
    """The same with numbers, in few transfers from the device."""
    losses = _numbers([step.loss for step in steps])
    accuracies = _numbers([step.accuracy for step in steps])
    return [
        step._replace(loss=loss, accuracy=accuracy)
        for step, loss, accuracy in zip(steps, losses, accuracies, strict=True)
    ]


def _numbers(values: list[Any]) -> list[float]:
    if keras.backend.backend() == "jax":  # Which would compile `stack` for each number of them.
        import jax  # pyright: ignore[reportMissingImports]

        if jax.default_backend() != "cpu":
            for value in values:
                value.copy_to_host_async()
        return [float(np.asarray(value)) for value in values]
    if not values or isinstance(values[0], float):
        return values
    return ops.convert_to_numpy(ops.stack(values)).tolist()
