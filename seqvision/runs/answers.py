"""A run's predictions for the test images, in full and in a few kilobytes.

`predictions.npz` holds every probability. `answers.npz` holds what comparisons read and is small
enough to publish with the record.
"""

from pathlib import Path

import numpy as np

from seqvision.runs.files import read_arrays, write_atomically

_LEVELS = 255
"""Confidence is kept in multiples of 1/255, as one byte an image."""


def write_predictions(path: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Write test probabilities `(n, classes)` and labels `(n,)`, atomically, and answers.npz."""
    arrays = {"probabilities": probabilities.astype(np.float32), "labels": labels}
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))
    write_answers(path.with_name("answers.npz"), arrays["probabilities"], labels)


def write_answers(path: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Write answers.npz from probabilities `(images, classes)`, atomically.

    The arrays, each `(images,)`: `labels`, the true classes; `mistakes`, the predicted class
    XOR the label: 0 where it is right, which compresses well; `confidence`, the probability of the
    predicted class, in 255ths.
    """
    labels, predicted, confidence = answers_of(probabilities, labels)
    small = np.min_scalar_type(max(labels.max(), predicted.max()))
    arrays = {
        "labels": labels.astype(small),
        "mistakes": (labels ^ predicted).astype(small),
        "confidence": np.rint(_LEVELS * confidence).astype(np.uint8),
    }
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))


def read_answers(folder: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read a run's true classes, predicted classes and their probability, in multiples of 1/255.

    They come from answers.npz or, where there is none, from predictions.npz.

    Returns:
        int32, int32 and float32, `(images,)` each.

    Raises:
        FileNotFoundError: there is neither file.
        OSError, ValueError: the file cannot be read, or holds something else.
    """
    path = Path(folder, "answers.npz")
    try:
        arrays = read_arrays(path)
    except FileNotFoundError:
        path = Path(folder, "predictions.npz")
        return answers_of(*_checked(read_arrays(path), "probabilities", "labels"))
    labels, mistakes, confidence = _checked(arrays, "labels", "mistakes", "confidence")
    labels = labels.astype(np.int32)
    return labels, labels ^ mistakes.astype(np.int32), _as_share(confidence)


def answers_of(
    probabilities: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `read_answers`, from probabilities `(images, classes)` and labels `(images,)`."""
    predicted = probabilities.argmax(axis=1)
    confidence = _as_share(np.rint(_LEVELS * probabilities.max(axis=1)))
    return labels.astype(np.int32), predicted.astype(np.int32), confidence


def _as_share(levels: np.ndarray) -> np.ndarray:
    return levels.astype(np.float32) / np.float32(_LEVELS)


def _checked(arrays: dict[str, np.ndarray], *names: str) -> list[np.ndarray]:
    """The arrays of these names.

    Raises:
        ValueError: one is missing, is of a wrong type, or has another number of images.
    """
    if missing := [name for name in names if name not in arrays]:
        raise ValueError(f"there is no array {missing[0]!r}")
    found = [arrays[name] for name in names]
    images = len(arrays["labels"]) if arrays["labels"].ndim else 0
    for name, array in zip(names, found, strict=True):
        kinds, axes = ("f", 2) if name == "probabilities" else ("iu", 1)
        if not images or array.ndim != axes or len(array) != images:
            raise ValueError(f"{name} {array.shape} for {images} images")
        if array.dtype.kind not in kinds:
            raise ValueError(f"{name} are {array.dtype}")
    return found
