"""The images that an exported file is tried on: random ones, and real ones."""

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from seqvision.data.base import Split
from seqvision.data.files import nothing_downloaded
from seqvision.data.loading import load
from seqvision.data.resampling import Resampling
from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts

log = logging.getLogger("seqvision")

STAND_IN = "mnist-5k"
"""Real images that come with a dependency."""


@dataclass(frozen=True)
class Real:
    """Real samples of a model's shape; images `(n, *input_shape)` in 0..255.

    Attributes:
        split: samples and labels.
        said: what they are, in words.
        own: whether they are the test samples of the model's own dataset.
    """

    split: Split
    said: str
    own: bool


def random_images(input_shape: tuple[int, ...], count: int) -> np.ndarray:
    """Random raw pixels, the same at every call, float32 `(count, *input_shape)` in 0..255."""
    return np.random.default_rng(0).uniform(0, 255, (count, *input_shape)).astype("float32")


def real_images(facts: Facts | None, input_shape: tuple[int, ...]) -> Real:
    """The test images of a model's dataset if it is on this machine, else digits made to fit."""
    if facts and (own := own_test(facts, input_shape)):
        return own
    digits = _digits()
    if input_shape == digits.samples.shape[1:]:
        return Real(digits, f"the test images of {STAND_IN}", own=False)
    size = "×".join(map(str, input_shape))
    count = 256  # More are not needed, as they say nothing of accuracy.
    images = _fitted(digits.images[:count], input_shape)
    said = f"the test images of {STAND_IN}, resized to {size}"
    return Real(Split(images, digits.labels[:count]), said, own=False)


def own_test(facts: Facts, input_shape: tuple[int | None, ...]) -> Real | None:
    """The test samples of a model's own dataset; None if it is not on this machine."""
    if not facts.data:
        return None
    try:
        resampling = Resampling.of(facts.more.get("resampling") or {})
        with nothing_downloaded():
            dataset = load(facts.data, resampling=resampling)
    except SeqvisionError as error:
        log.info("not checked with the model's own test samples, since %s", error)
        return None
    if dataset.input_shape != input_shape:
        return None
    kind = "series" if dataset.kind == "series" else "images"
    return Real(dataset.test, f"the test {kind} of {dataset.name}", own=True)


@cache
def _digits() -> Split:
    """The stand-in's test images, kept, as reading them takes longer than a small export."""
    return load(STAND_IN).test


def _fitted(images: np.ndarray, input_shape: tuple[int, ...]) -> np.ndarray:
    """Grey images `(n, height, width)` resized and, if need be, the same in each channel."""
    height, width, *channels = input_shape
    resized: Any = [Image.fromarray(image).resize((width, height)) for image in images]
    resized = np.stack([np.asarray(image) for image in resized])
    return np.repeat(resized[..., None], channels[0], axis=-1) if channels else resized
