"""The trial of an exported file: the images it is given, and Keras's answers beside its own."""

from typing import Any

import keras
import numpy as np

from seqvision.exporting.format import Answer
from seqvision.exporting.images import Real, random_images, real_images
from seqvision.exporting.parity import BATCHES, Compared, answers, check_parity
from seqvision.presets.facts import Facts
from seqvision.runs.predict import logits

AGREEING = 250
"""How many images must have the same class, with int8 weights."""


def tried(
    answer: Answer,
    model: keras.Model,
    facts: Facts,
    batch: int | None,
    softmax: bool,
    divisor: float | None,
    weights: str,
) -> dict[str, Any]:
    """Try a file; return what the sidecar says of it: `parity`, and `accuracy` if weights changed.

    Raises:
        Differs: its answers are not Keras's.
    """
    shape = tuple(model.input_shape[1:])
    real = real_images(facts, shape)
    count = AGREEING if weights == "int8" else max(sum(BATCHES), batch or 0)

    def expected(images: np.ndarray) -> np.ndarray:
        return outcome(logits(model, images.astype("float32")), softmax, divisor)

    given = {"random": (random_images(shape, min(count, 64)), "uniform pixels from 0 to 255")}
    given["real"] = (real.split.images[:count], real.said)
    sets = {kind: Compared(x, said, expected(x)) for kind, (x, said) in given.items()}
    if weights == "int8":
        del sets["random"]  # Noise is near the border of two classes.
    said: dict[str, Any] = {"parity": check_parity(answer, sets, batch, weights, facts.class_names)}
    if weights != "float32":
        said["accuracy"] = _accuracy(answer, model, real, batch)
    return said


def outcome(logits: np.ndarray, softmax: bool, divisor: float | None) -> np.ndarray:
    """What a file is to answer, in float64: logits, divided, and made probabilities of."""
    logits = logits.astype("float64") / (divisor or 1)
    if not softmax:
        return logits
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _last(answers: np.ndarray) -> np.ndarray:
    """The answers `(n, classes)`, of those to each step the last."""
    return answers[:, -1] if answers.ndim == 3 else answers


def _accuracy(
    answer: Answer, model: keras.Model, real: Real, batch: int | None
) -> dict[str, Any] | None:
    """The share of test images that the file and Keras answer rightly; None without a test set."""
    if not real.own:
        return None
    images, labels = real.split.images, real.split.labels
    here = _last(answers(answer, images, batch)).argmax(axis=1)
    with_keras = _last(logits(model, images)).argmax(axis=1)
    return {
        "images": len(images),
        "of": real.said,
        "file": float(np.mean(here == labels)),
        "keras": float(np.mean(with_keras == labels)),
        "same_class": float(np.mean(here == with_keras)),
    }
