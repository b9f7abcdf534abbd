"""The trial of an exported file: what it is given, and Keras's answers beside its own."""

from typing import TYPE_CHECKING, Any

import numpy as np

from seqvision.data.series import Series
from seqvision.errors import SeqvisionError
from seqvision.exporting.format import Answer
from seqvision.exporting.images import Real, random_images, real_images
from seqvision.exporting.parity import BATCHES, Compared, answers, check_parity
from seqvision.exporting.series import random_series, real_series
from seqvision.presets.facts import Facts

if TYPE_CHECKING:
    from seqvision.exporting.graph import Graph

AGREEING = 250
"""How many samples must have the same class, with int8 weights."""


def tried(
    answer: Answer, graph: "Graph", facts: Facts, divisor: float | None, weights: str
) -> dict[str, Any]:
    """Try a file; return what the sidecar says of it: `parity`, and `accuracy` if weights changed.

    Raises:
        Differs: its answers are not Keras's.
        SeqvisionError: there are no real samples to try int8 weights on.
    """
    count = AGREEING if weights == "int8" else max(sum(BATCHES), graph.batch or 0)
    given, real = (_series if graph.series else _images)(graph, facts, count)
    if weights == "int8":
        del given["random"]  # Noise is near the border of two classes.
    if not given:
        raise SeqvisionError(
            "weights: int8 is tried on the model's own test series, which are not on this machine; "
            "store float16 or float32"
        )
    softmax = graph.output == "probabilities"
    sets = {
        kind: Compared(x, said, outcome(graph.expected(x), softmax, divisor), graph.steps)
        for kind, (x, said) in given.items()
    }
    said: dict[str, Any] = {
        "parity": check_parity(answer, sets, graph.batch, weights, facts.class_names)
    }
    if weights != "float32":
        said["accuracy"] = _accuracy(answer, graph, real)
    return said


Given = dict[str, tuple[np.ndarray | Series, str]]
"""Samples of each kind, `random` and `real`, and what they are in words."""


def _images(graph: "Graph", facts: Facts, count: int) -> tuple[Given, Real | None]:
    shape: Any = graph.shape
    real = real_images(facts, shape)
    given: Given = {
        "random": (random_images(shape, min(count, 64)), "uniform pixels from 0 to 255")
    }
    # As a file takes them; Keras would read bytes too.
    given["real"] = (real.split.images[:count].astype("float32"), real.said)
    return given, real


def _series(graph: "Graph", facts: Facts, count: int) -> tuple[Given, Real | None]:
    features = graph.shape[-1]
    random = random_series(graph.series, features, min(count, 64), graph.steps)
    given: Given = {"random": (random, "series of unequal length with gaps")}
    real = real_series(facts, graph.shape, graph.steps)
    if real is not None:
        given["real"] = (real.split.series[:count], real.said)
    return given, real


def outcome(logits: np.ndarray, softmax: bool, divisor: float | None) -> np.ndarray:
    """What a file is to answer, in float64: logits, divided, and made probabilities of."""
    logits = logits.astype("float64") / (divisor or 1)
    if not softmax:
        return logits
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _accuracy(answer: Answer, graph: "Graph", real: Real | None) -> dict[str, Any] | None:
    """The share of test samples that the file and Keras answer rightly; None without a test set."""
    if real is None or not real.own:
        return None
    samples, labels = real.split.samples, real.split.labels
    here = answers(answer, samples, graph.batch, graph.steps).argmax(axis=1)
    expected = graph.expected(samples)
    with_keras = (expected[:, -1] if expected.ndim == 3 else expected).argmax(axis=1)
    return {
        "images": len(samples),
        "of": real.said,
        "file": float(np.mean(here == labels)),
        "keras": float(np.mean(with_keras == labels)),
        "same_class": float(np.mean(here == with_keras)),
    }
