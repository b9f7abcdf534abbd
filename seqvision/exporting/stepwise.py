"""Runs a model of one step over a sequence, whoever computes it. It needs no Keras."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqvision.errors import SeqvisionError

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class State:
    """A state of a step model.

    Attributes:
        name: of the input; the output has `_next` after it.
        dtype: `float32` as a rule.
        initial: what it begins with, `(size,)`.
    """

    name: str
    dtype: str
    initial: np.ndarray


@dataclass(frozen=True)
class Description:
    """What a step model takes.

    Attributes:
        steps: how many steps its sequences have; None if any number.
        features: how many raw values a step has.
        dtype: of these values.
        places: where in a flat image `(height · width · channels,)` each value of each step lies,
            `(steps, features)`; None where the input is a sequence itself.
        states: its states.
        output: what its answer is called: `logits` or `probabilities`.
    """

    steps: int | None
    features: int
    dtype: str
    places: np.ndarray | None
    states: tuple[State, ...]
    output: str = "logits"

    def to_json(self) -> dict[str, Any]:
        """As plain data. `places` that are in order are left out, equal values written once."""
        ordered = self.places is not None and bool(
            (self.places.ravel() == np.arange(self.places.size)).all()
        )
        return {
            "steps": self.steps,
            "features": self.features,
            "dtype": self.dtype,
            "output": self.output,
            "places": "in order" if ordered else _plain(self.places),
            "states": [
                {
                    "name": state.name,
                    "next": f"{state.name}_next",
                    "dtype": state.dtype,
                    "size": len(state.initial),
                    "initial": _repeated(state.initial),
                }
                for state in self.states
            ],
        }


def from_json(values: Mapping[str, Any], where: str) -> Description:
    """The description in plain data.

    Raises:
        SeqvisionError: it is none.
    """
    try:
        states = tuple(
            State(
                str(s["name"]), str(s["dtype"]), _filled(s["initial"], int(s["size"]), s["dtype"])
            )
            for s in values["states"]
        )
        output = str(values.get("output", "logits"))
        steps, features, places = values["steps"], int(values["features"]), values["places"]
        if places == "in order":
            places = np.arange(int(steps) * features)
        if places is not None:
            places = np.asarray(places, int).reshape(int(steps), features)
        return Description(steps, features, str(values["dtype"]), places, states, output)
    except (KeyError, TypeError, ValueError) as error:
        raise SeqvisionError(f"{where}: does not describe a model of one step: {error!r}") from None


@dataclass(frozen=True)
class Stepwise:
    """A step model, ready to run.

    Attributes:
        answer: from `row` and the states by name to `logits` and the new states by name with
            `_next`, all NumPy arrays, `(batch, size)`.
        about: what it takes.

    Example:
        states = model.start()
        for row in rows:  # Each (1, features), as the picture comes.
            logits, states = model(row, states)
    """

    answer: Callable[[Tensors], Mapping[str, Any]]
    about: Description

    def start(self, batch: int = 1) -> Tensors:
        """The states before the first step, each `(batch, size)`."""
        return {s.name: np.repeat(s.initial[None], batch, axis=0) for s in self.about.states}

    def __call__(self, row: np.ndarray, states: Mapping[str, Any]) -> tuple[np.ndarray, Tensors]:
        """Read one step `(batch, features)`; return the answer so far and the new states."""
        answers = self.answer({"row": np.asarray(row, self.about.dtype), **states})
        new = {s.name: np.asarray(answers[f"{s.name}_next"]) for s in self.about.states}
        return np.asarray(answers[self.about.output]), new

    def rows(self, images: np.ndarray) -> np.ndarray:
        """The steps of images or sequences `(n, *input_shape)`, as `(n, steps, features)`."""
        places = self.about.places
        return images if places is None else images.reshape(len(images), -1)[:, places]

    def after_each_step(self, images: np.ndarray) -> np.ndarray:
        """What the model says of images `(n, *input_shape)`: logits `(n, steps, classes)`."""
        states, said = self.start(len(images)), []
        for row in self.rows(images).swapaxes(0, 1):
            logits, states = self(row, states)
            said.append(logits)
        return np.stack(said, axis=1)


def _plain(values: np.ndarray | None) -> Any:
    return None if values is None else values.tolist()


def _repeated(values: np.ndarray) -> Any:
    """Equal values once."""
    return float(values[0]) if len(set(values.tolist())) == 1 else values.tolist()


def _filled(first: Any, size: int, dtype: str) -> np.ndarray:
    values = np.asarray(first, dtype)
    if values.shape not in ((), (size,)):
        raise ValueError(f"{values.shape} values of a state of {size}")
    return np.broadcast_to(values, (size,)).copy()
