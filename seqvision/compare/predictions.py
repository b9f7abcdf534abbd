"""What a run said of the test images; read from its predictions.npz, and only when asked for."""

import logging
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

_log = logging.getLogger(__name__)


def read_predictions(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Test probabilities `(images, classes)` and labels `(images,)` of a run's folder.

    Raises:
        OSError, ValueError: they are not there, or not predictions.
    """
    path = Path(folder, "predictions.npz")
    try:
        with np.load(path, allow_pickle=False) as archive:
            probabilities, labels = archive["probabilities"], archive["labels"]
    except (KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: {error}") from None
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1] or not len(labels):
        raise ValueError(
            f"{path}: probabilities {probabilities.shape} do not fit labels {labels.shape}"
        )
    return probabilities, labels


def wrong_images(folders: Iterable[str | Path]) -> dict[str, np.ndarray]:
    """Whether each run errs on each test image, `(images,)` bool, by folder.

    A run whose predictions cannot be read, or whose labels are not those of the first one read, is
    not there, and a warning says so.
    """
    found: dict[str, np.ndarray] = {}
    images = None
    for folder in map(str, folders):
        try:
            probabilities, labels = read_predictions(folder)
        except (OSError, ValueError) as error:
            _log.warning("no tests on the images of %s: %s", folder, error)
            continue
        images = labels if images is None else images
        if not np.array_equal(labels, images):
            _log.warning("no tests on the images of %s: its labels are others", folder)
            continue
        found[folder] = probabilities.argmax(axis=1) != labels
    return found
