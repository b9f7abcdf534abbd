"""The base classes of scans, and the order in which one reads pixels."""

import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.scans import SCANS
from seqvision.specs import build, name_and_options


class Scan(keras.layers.Layer):
    """A layer that reads images `(batch, height, width, channels)` as `(batch, steps, features)`.

    A subclass says what `read` does. Images without a channel axis, `(batch, height, width)`, are
    taken as having one channel. A sequence `(batch, steps, features)` is taken in the same way: its
    steps are rows. If it is masked, each ends with its last step that is not.

    Args:
        reverse: read the last step first.
    """

    keeps_steps = False
    """Whether each row of what it reads stays a step, so that series of any length can be read."""

    def __init__(self, reverse: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.reverse = reverse
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        # Not in `call`, where PyTorch puts a number in place of a size that is unknown.
        if len(input_shape) == 3 and input_shape[1] is None:
            self.check_reads_series()
        elif len(input_shape) == 4 and None in input_shape[1:] and not self.keeps_steps:
            raise SeqvisionError(
                f"model: the scan {_name_of(self)!r} needs images of one size, got "
                f"{tuple(input_shape[1:])}"
            )
        super().build(input_shape)

    def read(self, images: Any) -> Any:
        """Turn `(batch, height, width, channels)` into `(batch, steps, features)`."""
        raise NotImplementedError

    def call(self, images: Any, mask: Any = None) -> Any:
        if len(images.shape) == 3:
            if mask is not None:
                self.check_reads_series()
            images = ops.expand_dims(images, -1)
        sequence = self.read(images)
        if not self.reverse:
            return sequence
        return ops.flip(sequence, axis=1) if mask is None else _reversed(sequence, mask)

    def check_reads_series(self) -> None:
        """Check that it reads series of any length, with masks.

        Raises:
            SeqvisionError: it does not.
        """
        if not self.keeps_steps:
            raise SeqvisionError(
                f"model: the scan {_name_of(self)!r} reads images; series are read step by step, "
                "`scan: rows`, or from their ends, `{name: rows, reverse: true}`"
            )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reverse": self.reverse}


class PixelScan(Scan):
    """A scan that is a table: the pixels of each step, known once the image's size is.

    A subclass says what `places` does.
    """

    def places(self, height: int, width: int) -> np.ndarray:
        """The pixels that each step reads, as indices of the pixels row by row.

        Returns:
            Integers `(steps,)`, or `(steps, pixels)` if a step reads several.
        """
        raise NotImplementedError

    def read(self, images: Any) -> Any:
        _, height, width, channels = images.shape
        places = self.places(height, width)
        steps, flat = len(places), places.ravel()
        pixels = ops.reshape(images, (-1, height * width, channels))
        if not np.array_equal(flat, np.arange(height * width)):
            pixels = ops.take(pixels, flat.astype("int32"), axis=1)
        return ops.reshape(pixels, (-1, steps, flat.size // steps * channels))


def pixel_order(scan: str | dict[str, Any]) -> Callable[[int, int], np.ndarray]:
    """A scan's order for scans made of others, as a function of `(height, width)`.

    It returns the places of the scan's steps, `(height * width,)`.

    Args:
        scan: the scan's spec.

    Raises:
        SeqvisionError: it does not read one pixel a step.
    """
    layer = build(SCANS, scan)
    if not isinstance(layer, PixelScan) or layer.places(2, 3).ndim > 1:
        raise SeqvisionError(
            f"model: the scan {name_and_options(scan)[0]!r} gives no order within another, as it "
            "does not read pixel by pixel; `pixels` and `snake` do"
        )

    def order(height: int, width: int) -> np.ndarray:
        places = layer.places(height, width)
        return places[::-1] if layer.reverse else places

    return order


def _name_of(scan: Scan) -> str:
    """The name of a scan in configs: `TransposePair` → `transpose_pair`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(scan).__name__).lower()


def _reversed(sequence: Any, mask: Any) -> Any:
    """Each of `(batch, steps, features)` backwards, its masked steps left at the end."""
    steps = ops.arange(ops.shape(sequence)[1], dtype="int32")
    last = ops.max(ops.where(mask, steps, -1), axis=1, keepdims=True)
    from_end = ops.where(steps <= last, last - steps, steps)
    return ops.take_along_axis(sequence, from_end[:, :, None], axis=1)


def reading_order(scan: Scan, height: int, width: int) -> np.ndarray:
    """The step at which a scan first reads each pixel, as `(height, width)` integers from 0."""
    places = places_of(scan, height, width)
    order = np.empty(height * width, int)
    for step in reversed(range(len(places))):
        order[places[step]] = step
    return order.reshape(height, width)


def places_of(scan: Scan, height: int, width: int) -> np.ndarray:
    """The pixels that each step of a scan reads, `(steps, pixels)`, by their indices row by row.

    They are found by scanning an image in which each pixel holds its own index.
    """
    places = np.arange(height * width, dtype="float32").reshape(1, height, width, 1)
    # Not by calling the layer: in half precision it would round the indices.
    return ops.convert_to_numpy(scan.call(ops.convert_to_tensor(places)))[0].astype(int)
