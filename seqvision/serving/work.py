"""What the thread of the model does with the requests of a batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqvision.exporting.stepwise import Stepwise, Tensors
from seqvision.prediction.series_preparation import SeriesPreparation, series_preparation
from seqvision.presets.facts import Facts
from seqvision.serving.batching import Work

Logits = Callable[[Any], np.ndarray]


@dataclass(frozen=True)
class Model:
    """A trained model as a server needs it.

    Attributes:
        name: what the person called it.
        facts: its input shape and class names.
        logits: from images `(batch, *input_shape)`, or series, to logits `(batch, classes)`.
        every_step: from them to logits `(batch, steps, classes)` after each step; None if it
            looks ahead, or is in a file that does not say its steps.
        stepwise: reads a step at a time; None where `every_step` is.
        no_steps: why it is None.
    """

    name: str
    facts: Facts
    logits: Logits
    every_step: Logits | None = None
    stepwise: Stepwise | None = None
    no_steps: str = "it is in a file that does not say its steps"

    @property
    def class_names(self) -> tuple[str, ...]:
        assert self.facts.class_names  # `open_model` sees to it.
        return self.facts.class_names

    @property
    def feature_names(self) -> list[str] | None:
        """What the numbers of a step are called; None of images, or where it is not known."""
        return (self.facts.more.get("dataset") or {}).get("features")

    @property
    def series_preparation(self) -> SeriesPreparation:
        """How series are made ready for a model of them."""
        return series_preparation(self.facts, self.facts.input_shape)

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
            backend compiles each size once. Who answers samples does the same by itself.
    """
    work = {"whole": _answering(model, model.logits)}
    if model.every_step:
        work["steps"] = _answering(model, model.every_step)
    if stepwise := model.stepwise:
        work["stream"] = lambda asked: _read_on(stepwise, asked, sizes)
    return work


def _answering(model: Model, logits: Logits) -> Work:
    """What answers samples side by side; series of like length are padded to one."""
    if model.facts.kind == "series":
        prepared = model.series_preparation
        return lambda series: prepared.answered(logits, series)
    return lambda images: list(logits(np.stack(images)))


def warm_up(model: Model, work: dict[str, Work], sizes: Sequence[int]) -> None:
    """Have the backend compile all sizes, so that no request waits for it."""
    for size in sizes:
        for kind in work:
            for time in range(2):  # TensorFlow warns where most calls compile.
                request: Any = _empty(model, 1 + time)
                if kind == "stream" and model.stepwise:
                    row = np.zeros((1, model.stepwise.about.features), np.float32)
                    request = row, model.stepwise.start()
                work[kind]([request] * size)


def _empty(model: Model, steps: int) -> np.ndarray:
    """A sample that shows nothing; a series of so many steps if the model reads any number.

    Once TensorFlow has seen two lengths it compiles for any.
    """
    return np.zeros([steps if n is None else n for n in model.facts.input_shape], np.float32)


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
