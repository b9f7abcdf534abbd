"""The accuracy of a causal model after each step that it has read."""

from pathlib import Path

import keras
import numpy as np

from seqvision.data.base import Split
from seqvision.data.rows import taken
from seqvision.data.series import Series
from seqvision.families import FAMILIES
from seqvision.runs.files import write_atomically
from seqvision.runs.predict import BATCH, parts
from seqvision.scans.base import Scan, reading_order

SHARES = np.arange(1, 21) / 20
"""The shares of a series after which it is asked what a model says."""


def write_prefixes(path: Path, family: str, model: keras.Model, test: Split) -> None:
    """Write how many test samples a causal model classifies right after each step, atomically.

    The arrays: `right` `(steps, classes)`, the samples of each class that are right; `images`
    `(classes,)`, all samples of each class; `order` `(height, width)`, the step at which each
    pixel is read, from 0. And as an example the first sample of each class: `examples`
    `(classes,)`, its index in the test set, -1 where there is none, and `said` `(steps, classes)`,
    the class predicted for it. Series have lengths of their own, so of these `steps` are the
    `shares` `(steps,)` of each that were read. A model that looks ahead gets no file.

    Args:
        family: the model's family, whose card says `causal` if its models never look ahead but by
            a layer that says so, in `looks_ahead`.
    """
    if not FAMILIES.entry(family).card.get("causal") or any(
        getattr(layer, "looks_ahead", None) for layer in model.layers
    ):
        return
    said = said_after_each_step(model, test.samples)
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
    if isinstance(test.samples, Series):
        arrays["shares"] = SHARES.astype(np.float32)
    elif len(scans) == 1:
        arrays["order"] = _order(scans[0], *test.samples.shape[1:3]).astype(np.int32)
    write_atomically(path, lambda temporary: np.savez_compressed(temporary, **arrays))


def _order(scan: Scan, height: int, width: int) -> np.ndarray:
    """The step at which each pixel is read, of images that may reach the scan smaller."""
    rows, columns = scan.input.shape[1:3]
    order = reading_order(scan, rows, columns)
    return order.repeat(height // rows, axis=0).repeat(width // columns, axis=1)


def said_after_each_step(model: keras.Model, samples: np.ndarray | Series) -> np.ndarray:
    """The class that a causal model predicts for each sample after each step, all in one pass.

    Returns:
        int16 `(samples, steps)`; of series after each of `SHARES`, rounded up to a whole step.
    """
    derived = every_step(model)
    series = samples if isinstance(samples, Series) else None
    steps = derived.output.shape[1] or (series.steps if series else 1)
    # The outputs of all layers are in memory for all steps: fewer samples where steps are many.
    batch = min(BATCH if steps <= 200 else BATCH // 5, len(samples))
    # The last batch is filled up to the size that is compiled already.
    filled = taken(samples, np.arange(len(samples) + -len(samples) % batch) % len(samples))
    said = np.empty((len(filled), len(SHARES) if series else steps), np.int16)
    for index, logits in parts(derived, filled, batch):
        classes = logits.argmax(axis=-1)
        if isinstance(filled, Series):
            at = np.ceil(SHARES * filled.lengths[index][:, None]).astype(int) - 1
            classes = np.take_along_axis(classes, at, axis=1)
        said[index] = classes
    return said[: len(samples)]


def every_step(model: keras.Model) -> keras.Model:
    """A copy of a model, weights included, that returns logits after each step.

    Every layer that returns its last step only, recurrent or pooling, is made to return all. The
    logits at step t are the model's for a sequence cut off after t if no layer looks ahead, which
    the family's card says with `causal=True`.

    Args:
        model: from samples `(batch, *input_shape)` to logits `(batch, num_classes)`.

    Returns:
        A model from samples to logits `(batch, steps, num_classes)`.
    """
    derived = keras.models.clone_model(model, clone_function=_with_every_step)
    derived.set_weights(model.get_weights())
    return derived


def _with_every_step(layer: keras.layers.Layer) -> keras.layers.Layer:
    config = layer.get_config()
    if "return_sequences" in config:
        config["return_sequences"] = True
    return layer.__class__.from_config(config)
