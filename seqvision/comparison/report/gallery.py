"""The test samples that models get wrong, with their predictions; those that scans disagree on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from seqvision.comparison.answers import Answers
from seqvision.comparison.report.pictures import Pictures

_MOST_HARD = 24
_MOST_PAIRS = 3
_MOST_OF_A_SIDE = 8


@dataclass(frozen=True)
class Prediction:
    """A class that runs predict for a sample, and which."""

    answer: str
    right: bool
    runs: int
    models: list[str]
    """With the number of runs where not all of a model predict it: `gru3 (2 of 5)`."""


@dataclass(frozen=True)
class Card:
    """One test sample of a gallery."""

    index: int
    picture: str | None
    """A data URI; None when the samples cannot be had."""
    true: str
    wrong: int
    runs: int
    predictions: list[Prediction]


@dataclass(frozen=True)
class Dispute:
    """Two scans; the samples that most runs of the one get right and most of the other wrong."""

    scans: tuple[str, str]
    runs: tuple[int, int]
    only_first: int
    only_second: int
    images: int
    first: list[Card]
    second: list[Card]


def hard_images(every: Answers, classes: Sequence[str], pictures: Pictures | None) -> list[Card]:
    """The samples that most models get wrong, the hardest first; each model counts once."""
    shares = np.mean([every.wrong[places].mean(axis=0) for places in every.models.values()], axis=0)
    sure = np.where(every.wrong, every.confidence, 0).mean(axis=0)
    order = np.lexsort((-sure, -shares))[:_MOST_HARD]
    return [card(every, i, classes, pictures) for i in order if shares[i] > 0]


def disputes(every: Answers, classes: Sequence[str], pictures: Pictures | None) -> list[Dispute]:
    """Where scans differ, for the pairs of scans with the most runs."""
    if "model.scan" not in every.runs:
        return []
    column = every.runs["model.scan"]
    sizes = column.dropna().value_counts()
    ranked = sorted(combinations(sizes.index, 2), key=lambda pair: -min(sizes[s] for s in pair))
    found = []
    for pair in ranked[:_MOST_PAIRS]:
        right = [1 - every.wrong[(column == scan).to_numpy()].mean(axis=0) for scan in pair]
        only = [(a > 0.5) & (b < 0.5) for a, b in (right, right[::-1])]
        cards = []
        for mask, lead in zip(only, (right[0] - right[1], right[1] - right[0]), strict=True):
            order = np.argsort(-lead, kind="stable")[: min(_MOST_OF_A_SIDE, int(mask.sum()))]
            cards.append([card(every, i, classes, pictures) for i in order])
        counts = [int(mask.sum()) for mask in only]
        runs = (int(sizes[pair[0]]), int(sizes[pair[1]]))
        found.append(
            Dispute(pair, runs, counts[0], counts[1], len(every.labels), cards[0], cards[1])
        )
    return found


def card(every: Answers, index: int, classes: Sequence[str], pictures: Pictures | None) -> Card:
    """A test sample with its true class and what the runs predict."""
    predicted, label = every.predicted[:, index], int(every.labels[index])
    answers, counts = np.unique(predicted, return_counts=True)
    often_first = np.argsort(-counts, kind="stable")
    order = [(int(answers[place]), int(counts[place])) for place in often_first]
    return Card(
        int(index),
        None if pictures is None else pictures.of(int(index)),
        classes[label],
        int(np.sum(predicted != label)),
        len(predicted),
        [Prediction(classes[a], a == label, n, _who(every, predicted == a)) for a, n in order],
    )


def _who(every: Answers, does: np.ndarray) -> list[str]:
    """The models some of whose runs do, `(runs,)` bool, as `Prediction.models` names them."""
    names = []
    for model, places in every.models.items():
        count = int(does[places].sum())
        if count == len(places):
            names.append(model)
        elif count:
            names.append(f"{model} ({count} of {len(places)})")
    return names
