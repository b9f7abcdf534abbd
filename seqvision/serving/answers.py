"""The JSON of answers, and of what goes wrong."""

from typing import Any

import numpy as np
from pydantic import BaseModel, Field

from seqvision.serving.work import Model


class Belief(BaseModel):
    """A class, and how probable the model takes it to be."""

    name: str = Field(serialization_alias="class", description="The name of the class.")
    probability: float


class Step(Belief):
    """What the model believes after a step."""

    probabilities: list[float] = Field(description="Of each class, in the order of `/health`.")


class Answer(Belief):
    """What the model says of a picture, or of a series."""

    top: list[Belief] = Field(description="The most probable classes, best first.")
    probabilities: list[float] = Field(description="Of each class, in the order of `/health`.")
    steps: list[Step] | None = Field(None, description="After each step; only with `steps=true`.")
    notes: list[str] = Field(description="What was done with it, or looks wrong about it.")


class Named(Answer):
    """What the model says of one of several."""

    series: str = Field(description="Its number, from 1, or what the file calls it.")


class Several(BaseModel):
    """What the model says of several series, in their order."""

    answers: list[Named]
    notes: list[str] = Field(description="What was done with the file, or looks wrong about it.")


class Streamed(BaseModel):
    """What the model believes after each step of a request, and what it remembers."""

    steps: list[Step]
    state: str = Field(description="To be sent with the next steps.")


class StreamFacts(BaseModel):
    """What `/stream` takes."""

    values: int = Field(description="The numbers of a step; pixels are 0 to 255.")


class Health(BaseModel):
    """That the server works, and what it serves."""

    status: str = "ok"
    model: str
    kind: str = Field(description="Of what it reads: `image` or `series`.")
    input_shape: list[int | None] = Field(description="Null is any number, as of steps.")
    features: list[str] | None = Field(None, description="What the numbers of a step are.")
    class_names: list[str]
    steps: int | None = Field(description="How many steps it reads; null if it looks ahead.")
    stream: StreamFacts | None = Field(description="What `/stream` takes; null if it cannot.")


class Problem(BaseModel):
    """What was wrong with a request."""

    error: str


def answer(
    model: Model,
    logits: np.ndarray,
    every_step: np.ndarray | None,
    top: int,
    notes: list[str],
) -> Answer:
    """The answer to one sample.

    Args:
        logits: `(classes,)`.
        every_step: `(steps, classes)`.
        top: how many classes to name.
    """
    probabilities = probabilities_of(model, logits)
    best = np.argsort(-probabilities, kind="stable")[:top]
    beliefs = [_belief(model, probabilities, place) for place in best]
    return Answer(
        **beliefs[0],
        top=[Belief(**each) for each in beliefs],
        probabilities=probabilities.tolist(),
        steps=None if every_step is None else steps(model, every_step),
        notes=notes,
    )


def steps(model: Model, logits: np.ndarray) -> list[Step]:
    """What the model believes after each step, from logits `(steps, classes)`."""
    return [
        Step(**_belief(model, row, int(row.argmax())), probabilities=row.tolist())
        for row in probabilities_of(model, logits)
    ]


def probabilities_of(model: Model, logits: np.ndarray) -> np.ndarray:
    """Softmax of logits `(…, classes)` over the model's temperature."""
    scaled = logits.astype(np.float64) / (model.facts.temperature or 1.0)
    scaled -= scaled.max(axis=-1, keepdims=True)
    exponentials = np.exp(scaled)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _belief(model: Model, probabilities: np.ndarray, place: Any) -> dict[str, Any]:
    return {"name": model.class_names[place], "probability": float(probabilities[place])}
