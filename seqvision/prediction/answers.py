"""Answers of a model to what was found, batch by batch, and what is to be said of all of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seqvision.data.background import light_border
from seqvision.data.notes import Notes
from seqvision.data.remarks import say_remarks
from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import BATCH, Answerer
from seqvision.prediction.preparation import Ground, preparation
from seqvision.prediction.reading import Reader, Sample
from seqvision.prediction.rows import Answer, Layout
from seqvision.prediction.scores import Score, softmax
from seqvision.prediction.sources import Found
from seqvision.presets.facts import Facts
from seqvision.specs import name_and_options


@dataclass(frozen=True)
class Asked:
    """What is asked of a model.

    Attributes:
        top: how many classes are named, the likeliest first.
        probabilities: whether to show that of each class.
        logits: whether to show that of each class.
        steps: whether to answer after each step that was read.
        temperature: what logits are divided by before the softmax; `auto` is the model's own.
        invert: whether images are inverted; `auto`: those whose border is unlike the model's data.
        labels: whether images have labels: the folder of a picture, the label array of a file.
        class_names: what the logits stand for; the model's own if None.
        background: the colour behind transparent parts of pictures; the model's data's if None.
        pixels: the values of black and white; the model's data's if None.
        batch: how many images are answered at once.
    """

    top: int = 1
    probabilities: bool = False
    logits: bool = False
    steps: bool = False
    temperature: float | Literal["auto"] | None = "auto"
    invert: bool | Literal["auto"] = False
    labels: bool = False
    class_names: tuple[str, ...] | None = None
    background: Ground | None = None
    pixels: str | None = None
    batch: int = BATCH


class Answers:
    """Answers samples.

    Args:
        model: answers batches; of a model that is asked for each step, `(n, steps, classes)`.
        asked: what is asked of it.
        name: what errors call the model.

    Raises:
        SeqvisionError: the model does not know what is asked.
    """

    def __init__(self, model: Answerer, asked: Asked, name: str):
        self.model, self.asked = model, asked
        facts = model.facts
        names = asked.class_names or facts.class_names
        count = model.num_classes
        names = names or tuple(map(str, range(count or 0)))
        if count is not None and len(names) != count:
            raise SeqvisionError(f"{name}: has {count} classes; {len(names)} names were given")
        self.temperature = _temperature(asked.temperature, facts)
        self.background = trained_on(facts)
        if asked.invert == "auto" and self.background is None:
            raise SeqvisionError(
                f"{name}: it is not known whether it was trained on light or dark backgrounds, so "
                "what is to be inverted can't be told; invert all pictures, or none"
            )
        self.layout = Layout(
            names,
            min(asked.top, len(names)),
            asked.probabilities,
            asked.logits,
            asked.labels,
            asked.steps,
        )
        prepare = preparation(
            facts, model.input_shape, background=asked.background, pixels=asked.pixels
        )
        self.reader = Reader(prepare, names, asked.labels)
        self.score = Score(names)
        self.answered = self.failed = self.unlike = self.inverted = 0

    def of(self, found: Iterable[Found]) -> Iterator[list[Answer]]:
        """The answers to what was found, in its order; of each step if that was asked."""
        for batch in self.reader.batches(found, self.asked.batch):
            yield self.batch(batch)

    def batch(self, samples: list[Sample]) -> list[Answer]:
        """The answers to some samples."""
        images = [sample.image for sample in samples if sample.image is not None]
        self.failed += len(samples) - len(images)
        logits = iter(self._logits(np.stack(images)) if images else ())
        answers: list[Answer] = []
        for sample in samples:
            if sample.image is None:
                answers.append(Answer(sample.name, error=sample.error, label=sample.label))
                continue
            each = next(logits)
            chances = softmax(each, self.temperature)
            if self.asked.steps:
                answers += [
                    Answer(sample.name, each[t], chances[t], label=sample.label, step=t + 1)
                    for t in range(len(each))
                ]
                each = each[-1]
            else:
                answers.append(Answer(sample.name, each, chances, label=sample.label))
            if sample.label is not None:
                self.score.add(sample.label, self.layout.class_names[int(each.argmax())])
        return answers

    def say(self, notes: Notes) -> None:
        """Note what a person should know of the pictures, once all have been answered."""
        say_remarks(self.reader.remarks, notes, self.reader.prepare.background)
        if self.asked.invert == "auto":
            notes.info(f"{self.inverted:,} of {self.answered:,} images were inverted")
        if self.unlike:
            own, seen = ("dark", "light") if self.background == "dark" else ("light", "dark")
            advice = (
                "do not invert them"
                if self.asked.invert is True
                else ("--invert inverts all, --auto-invert such ones")
            )
            what = " AS INK ON PAPER HAS" if seen == "light" else ""
            notes.warning(
                f"{self.unlike:,} OF {self.answered:,} IMAGES HAVE A {seen.upper()} "
                f"BACKGROUND{what}; the model was trained on {own} ones, so its answers are "
                f"likely wrong: {advice}"
            )

    def _logits(self, images: np.ndarray) -> np.ndarray:
        images = self._inverted(images)
        self.answered += len(images)
        logits = self.model.logits(images)
        if logits.shape[-1] != len(self.layout.class_names):
            raise SeqvisionError(
                f"the model answers {logits.shape[-1]} classes; "
                f"{len(self.layout.class_names)} names were given"
            )
        return logits

    def _inverted(self, images: np.ndarray) -> np.ndarray:
        if self.asked.invert is True:
            images = 255 - images
        if self.background is None:
            return images
        unlike = light_border(images) == (self.background == "dark")
        if self.asked.invert == "auto":
            self.inverted += int(unlike.sum())
            images[unlike] = 255 - images[unlike]
        else:
            self.unlike += int(unlike.sum())
        return images


def trained_on(facts: Facts) -> Literal["dark", "light"] | None:
    """The background of the images that a model was trained on, if they have one and it is known.

    Records of before say only which dataset it was.
    """
    dataset = facts.more.get("dataset") or {}
    if known := dataset.get("background"):
        return known
    from seqvision.data import DATASETS

    name = dataset.get("name") or (name_and_options(facts.data)[0] if facts.data else "")
    return DATASETS.entry(name).card.get("background") if name in DATASETS.names() else None


def _temperature(asked: float | str | None, facts: Facts) -> float:
    if asked is None:
        return 1.0
    value = facts.temperature or 1.0 if asked == "auto" else asked
    if not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise SeqvisionError(f"temperature: expected a number above 0, auto or none, got {value!r}")
    return float(value)
