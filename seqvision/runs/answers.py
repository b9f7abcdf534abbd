"""What a run said of the test images, all of it and in a few kilobytes.

`predictions.npz` holds every probability. `answers.npz` holds what comparisons read: small enough
to be published beside the record.
"""

from pathlib import Path

import numpy as np

from seqvision.runs.files import read_arrays, write_atomically

_LEVELS = 255
"""Confidence is kept in so many steps: one byte an image."""


def write_predictions(path: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Write test probabilities `(n, classes)` float32 and labels `(n,)`, atomically.

    Beside them go the answers that they make, answers.npz.
    """
    arrays = {"probabilities": probabilities.astype(np.float32), "labels": labels}
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))
    write_answers(path.with_name("answers.npz"), arrays["probabilities"], labels)


def write_answers(path: Path, probabilities: np.ndarray, labels: np.ndarray) -> None:
    """Write the answers that `(images, classes)` probabilities make, atomically.

    The arrays, each `(images,)`: `labels`, the true classes; `mistakes`, the class said XOR the
    label, so 0 where it is right, which takes next to no room; `confidence`, the probability of the
    class said, in 255ths.
    """
    labels, said, confidence = answers_of(probabilities, labels)
    small = np.min_scalar_type(max(labels.max(), said.max()))
    arrays = {
        "labels": labels.astype(small),
        "mistakes": (labels ^ said).astype(small),
        "confidence": np.rint(_LEVELS * confidence).astype(np.uint8),
    }
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))


def read_answers(folder: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True classes, classes said and their probability, in steps of 1/255, of a run's folder.

    They are read from answers.npz or, where that is not there, from predictions.npz.

    Returns:
        int32, int32 and float32, `(images,)` each.

    Raises:
        FileNotFoundError: neither file is there.
        OSError, ValueError: it cannot be read, or is no such file.
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
    """What `read_answers` gives, from probabilities `(images, classes)` and labels `(images,)`."""
    said = probabilities.argmax(axis=1)
    confidence = _as_share(np.rint(_LEVELS * probabilities.max(axis=1)))
    return labels.astype(np.int32), said.astype(np.int32), confidence


def _as_share(levels: np.ndarray) -> np.ndarray:
    return levels.astype(np.float32) / np.float32(_LEVELS)


def _checked(arrays: dict[str, np.ndarray], *names: str) -> list[np.ndarray]:
    """The arrays of such names.

    Raises:
        ValueError: one is missing, is of no number, or not of as many images as the others.
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
