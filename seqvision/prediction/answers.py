"""Answers of a model to what was found, batch by batch, and what is to be said of all of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqvision.data.notes import Notes
from seqvision.data.remarks import say_remarks
from seqvision.errors import SeqvisionError
from seqvision.prediction.answerer import BATCH, Answerer
from seqvision.prediction.inversion import Inversion
from seqvision.prediction.preparation import Ground, Preparation, preparation
from seqvision.prediction.reading import Reader, Sample
from seqvision.prediction.rows import Answer, Layout
from seqvision.prediction.scores import Score, softmax
from seqvision.prediction.series_preparation import SeriesPreparation, series_preparation
from seqvision.prediction.sources import Found
from seqvision.presets.facts import Facts
from seqvision.runs.late import late
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
        labels: whether samples have labels: the folder of a picture or of sound, the label array
            of an archive, the label column of a table.
        class_names: what the logits stand for; the model's own if None.
        background: the colour behind transparent parts of pictures; the model's data's if None.
        pixels: the values of black and white; the model's data's if None.
        batch: how many samples are answered at once.
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
        self.layout = Layout(
            names,
            min(asked.top, len(names)),
            asked.probabilities,
            asked.logits,
            asked.labels,
            asked.steps,
        )
        prepare = prepared(facts, model.input_shape, asked, name)
        self.reader = Reader(prepare, names, asked.labels)
        self.inversion = Inversion(asked.invert, trained_on(facts), name)
        self.score = Score(names)
        self.answered = self.failed = 0

    def of(self, found: Iterable[Found]) -> Iterator[list[Answer]]:
        """The answers to what was found, in its order; of each step if that was asked."""
        return self.of_batches(self.reader.batches(found, self.asked.batch))

    def of_batches(self, batches: Iterable[list[Sample]]) -> Iterator[list[Answer]]:
        """The answers to batches of samples, while the model works on the next ones.

        An empty batch says that others may not come for a while.
        """
        waits = (self._ask(samples) if samples else None for samples in batches)
        return (wait() for wait in late(waits))

    def _ask(self, samples: list[Sample]) -> Callable[[], list[Answer]]:
        """Hand samples over to the model; what is returned waits for the answers."""
        given = [sample.values for sample in samples if sample.values is not None]
        self.failed += len(samples) - len(given)
        self.answered += len(given)
        if not given:
            logits: Callable[[], Any] = list
        elif isinstance(self.reader.prepare, SeriesPreparation):
            logits = self.reader.prepare.ask(self.model.ask, given)
        else:
            logits = self.model.ask(self.inversion.of(np.stack(given)))
        return lambda: self._told(samples, logits())

    def _told(
        self, samples: list[Sample], logits: Sequence[np.ndarray] | np.ndarray
    ) -> list[Answer]:
        """The answers to samples, of which those that could be read have logits."""
        if len(logits) and (count := logits[0].shape[-1]) != len(self.layout.class_names):
            raise SeqvisionError(
                f"the model answers {count} classes; {len(self.layout.class_names)} names were "
                "given"
            )
        if self.asked.steps or not len(logits):
            chances = [softmax(each, self.temperature) for each in logits]
        else:  # All at once, in a tenth of the time.
            chances = softmax(np.asarray(logits), self.temperature)
        said, answers = zip(logits, chances, strict=True), list[Answer]()
        for sample in samples:
            if sample.values is None:
                answers.append(Answer(sample.name, error=sample.error, label=sample.label))
                continue
            each, its = next(said)
            if self.asked.steps:
                answers += [
                    Answer(sample.name, each[t], its[t], label=sample.label, step=t + 1)
                    for t in range(len(each))
                ]
                each = each[-1]
            else:
                answers.append(Answer(sample.name, each, its, label=sample.label))
            if sample.label is not None:
                self.score.add(sample.label, self.layout.class_names[int(each.argmax())])
        return answers

    def say(self, notes: Notes) -> None:
        """Note what a person should know of the pictures, once all have been answered."""
        if isinstance(self.reader.prepare, Preparation):
            say_remarks(self.reader.remarks, notes, self.reader.prepare.background)
            self.inversion.say(notes)


def prepared(
    facts: Facts, shape: tuple[int | None, ...], asked: Asked, name: str
) -> Preparation | SeriesPreparation:
    """How samples are made ready for a model.

    Args:
        shape: of what it reads.
        name: what errors call the model.

    Raises:
        SeqvisionError: something is asked that is for pictures, and the model reads series; or as
            `preparation` and `series_preparation`.
    """
    if facts.kind == "image":
        return preparation(facts, shape, background=asked.background, pixels=asked.pixels)
    if given := [each for each in ("invert", "background", "pixels") if getattr(asked, each)]:
        verb = "is" if len(given) == 1 else "are"
        raise SeqvisionError(f"{name}: reads series; {' and '.join(given)} {verb} for pictures")
    return series_preparation(facts, shape, asked.labels)


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
