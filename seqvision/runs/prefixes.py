"""The accuracy of a causal model after each step that it has read."""

from pathlib import Path

import keras
import numpy as np

from seqvision.data.base import Split
from seqvision.families import FAMILIES
from seqvision.runs.files import write_atomically
from seqvision.runs.predict import BATCH, parts
from seqvision.scans.base import Scan, reading_order


def write_prefixes(path: Path, family: str, model: keras.Model, test: Split) -> None:
    """Write how many test images a causal model classifies right after each step, atomically.

    The arrays: `right` `(steps, classes)`, the images of each class that are right; `images`
    `(classes,)`, all images of each class; `order` `(height, width)`, the step at which each
    pixel is read, from 0. And as an example the first image of each class: `examples`
    `(classes,)`, its index in the test set, -1 where there is none, and `said` `(steps, classes)`,
    the class predicted for it. A model that looks ahead gets no file.

    Args:
        family: the model's family, whose card says `causal` if its models never look ahead.
    """
    if not FAMILIES.entry(family).card.get("causal"):
        return
    said = said_after_each_step(model, test.images)
    classes = model.output.shape[-1]
    right = np.zeros((classes, said.shape[1]), np.int32)
    np.add.at(right, test.labels, said == test.labels[:, None])
    is_class = test.labels == np.arange(classes)[:, None]
    examples = np.where(is_class.any(axis=1), is_class.argmax(axis=1), -1)
    arrays = {
        "right": right.T,
        "images": is_class.sum(axis=1).astype(np.int32),
        "examples": examples.astype(np.int32),
        "said": said[examples].T,
    }
    scans = [layer for layer in model.layers if isinstance(layer, Scan)]
    if len(scans) == 1:
        order = reading_order(scans[0], *test.images.shape[1:3])
        arrays["order"] = order.astype(np.int32)
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))


def said_after_each_step(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """The class that a causal model predicts for each image after each step, all in one pass.

    Returns:
        int16 `(images, steps)`.
    """
    derived = every_step(model)
    steps = derived.output.shape[1]
    # The outputs of all layers are in memory for all steps: fewer images where steps are many.
    batch = min(BATCH if steps <= 200 else BATCH // 5, len(images))
    # The last batch is filled up to the size that is compiled already.
    filled = np.concatenate([images, images[: -len(images) % batch]])
    answers = [logits.argmax(axis=-1) for logits, _ in parts(derived, filled, batch)]
    return np.concatenate(answers)[: len(images)].astype(np.int16)


def every_step(model: keras.Model) -> keras.Model:
    """A copy of a model, weights included, that returns logits after each step.

    Every layer that returns its last step only, recurrent or pooling, is made to return all. The
    logits at step t are the model's for a sequence cut off after t if no layer looks ahead, which
    the family's card says with `causal=True`.

    Args:
        model: from images `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Returns:
        A model from images to logits `(batch, steps, num_classes)`.
    """
    derived = keras.models.clone_model(model, clone_function=_with_every_step)
    derived.set_weights(model.get_weights())
    return derived


def _with_every_step(layer: keras.layers.Layer) -> keras.layers.Layer:
    config = layer.get_config()
    if "return_sequences" in config:
        config["return_sequences"] = True
    return layer.__class__.from_config(config)
