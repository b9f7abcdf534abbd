"""What the thread of the model does with the requests of a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqvision.exporting.stepwise import Stepwise, Tensors
from seqvision.presets.facts import Facts
from seqvision.serving.batching import Work


@dataclass(frozen=True)
class Model:
    """A trained model as a server needs it.

    Attributes:
        name: what the person called it.
        facts: its input shape and class names.
        logits: from images `(batch, *input_shape)` to logits `(batch, classes)`.
        every_step: from images to logits `(batch, steps, classes)` after each step; None if it
            looks ahead, or is in a file that does not say its steps.
        stepwise: reads a step at a time; None where `every_step` is.
    """

    name: str
    facts: Facts
    logits: Callable[[np.ndarray], np.ndarray]
    every_step: Callable[[np.ndarray], np.ndarray] | None = None
    stepwise: Stepwise | None = None

    @property
    def class_names(self) -> tuple[str, ...]:
        assert self.facts.class_names  # `open_model` sees to it.
        return self.facts.class_names

    def order(self) -> np.ndarray | None:
        """The step, from 0, at which each pixel is read, `(height, width)`; None if unknown."""
        if self.stepwise is None or self.stepwise.about.places is None:
            return None
        places = self.stepwise.about.places
        height, width, *channels = self.facts.image_shape
        order = np.empty((height, width, *channels), int)
        order.flat[places.ravel()] = np.repeat(np.arange(len(places)), places.shape[1])
        return order.reshape(height, width, -1)[..., 0]


def work_of(model: Model, sizes: Sequence[int]) -> dict[str, Work]:
    """What to do with each kind of request: `whole`, and `steps` and `stream` where it can.

    Args:
        sizes: of batches of steps, ascending: a batch is filled up to the next of these, as a
            backend compiles each size once. Who answers images does the same by itself.
    """
    work: dict[str, Work] = {"whole": lambda images: list(model.logits(np.stack(images)))}
    if every_step := model.every_step:
        work["steps"] = lambda images: list(every_step(np.stack(images)))
    if stepwise := model.stepwise:
        work["stream"] = lambda asked: _read_on(stepwise, asked, sizes)
    return work


def warm_up(model: Model, work: dict[str, Work], sizes: Sequence[int]) -> None:
    """Have the backend compile all sizes, so that no request waits for it."""
    image = np.zeros(model.facts.image_shape, np.float32)
    for size in sizes:
        for kind in work:
            request: Any = image
            if kind == "stream" and model.stepwise:
                row = np.zeros((1, model.stepwise.about.features), np.float32)
                request = row, model.stepwise.start()
            for _ in range(2):  # TensorFlow warns where most calls compile.
                work[kind]([request] * size)


def _read_on(
    stepwise: Stepwise, asked: Sequence[tuple[np.ndarray, Tensors]], sizes: Sequence[int]
) -> list[tuple[np.ndarray, Tensors]]:
    """Read the steps of several clients, each with states of its own, side by side.

    Args:
        asked: of each the values `(steps, features)` and the states, of a batch of 1.

    Returns:
        Of each the logits `(steps, classes)` and the states after them.
    """
    states = [each for _, each in asked]
    logits: list[list[np.ndarray]] = [[] for _ in asked]
    for step in range(max(len(values) for values, _ in asked)):
        still = [place for place, (values, _) in enumerate(asked) if step < len(values)]
        values = _filled(np.stack([asked[place][0][step] for place in still]), sizes)
        held = {
            name: _filled(np.concatenate([states[place][name] for place in still]), sizes)
            for name in states[0]
        }
        said, held = stepwise(values, held)
        for row, place in enumerate(still):
            logits[place].append(said[row])
            states[place] = {name: state[row : row + 1] for name, state in held.items()}
    return [(np.stack(said), state) for said, state in zip(logits, states, strict=True)]


def _filled(batch: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """A batch with zeros at its end, up to the next of the sizes."""
    size = next(size for size in sizes if size >= len(batch))
    if size == len(batch):
        return batch
    rest = np.zeros((size - len(batch), *batch.shape[1:]), batch.dtype)
    return np.concatenate([batch, rest])
