"""How soon a model that reads in one direction knows: accuracy after each step read."""

from pathlib import Path

import keras
import numpy as np

from seqvision.data.base import Split
from seqvision.families import FAMILIES
from seqvision.families.every_step import every_step
from seqvision.runs.files import write_atomically
from seqvision.runs.predict import BATCH, parts
from seqvision.scans.base import Scan, reading_order


def write_prefixes(path: Path, family: str, model: keras.Model, test: Split) -> None:
    """Write how many test images a causal model has right after each step, atomically.

    The arrays: `right` `(steps, classes)`, those of each class that it has right; `images`
    `(classes,)`, all there are of each class; `order` `(height, width)`, the step at which each
    pixel is read, from 0. A model that looks ahead gets no file.

    Args:
        family: the model's family, whose card says `causal` if its models never look ahead.
    """
    if not FAMILIES.entry(family).card.get("causal"):
        return
    arrays = {
        "right": right_after_each_step(model, test),
        "images": np.bincount(test.labels, minlength=model.output.shape[-1]).astype(np.int32),
    }
    scans = [layer for layer in model.layers if isinstance(layer, Scan)]
    if len(scans) == 1:
        order = reading_order(scans[0], *test.images.shape[1:3])
        arrays["order"] = order.astype(np.int32)
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))


def right_after_each_step(model: keras.Model, test: Split) -> np.ndarray:
    """Count, of each class, the images that a causal model has right after each step.

    One pass gives the answers after all steps.

    Returns:
        int32 `(steps, classes)`.
    """
    derived = every_step(model)
    _, steps, classes = derived.output.shape
    # All layers' outputs are held for all steps at once: fewer images where there are many.
    batch = BATCH if steps <= 200 else BATCH // 5
    right = np.zeros((classes, steps), np.int32)
    for part, (logits, _) in enumerate(parts(derived, test.images, batch)):
        labels = test.labels[part * batch : (part + 1) * batch]
        np.add.at(right, labels, logits.argmax(axis=-1) == labels[:, None])
    return right.T
