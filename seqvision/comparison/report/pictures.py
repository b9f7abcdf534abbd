"""The test images that a report shows, loaded without a download and checked by checksum."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from seqvision.data.base import Dataset
from seqvision.data.files import nothing_downloaded
from seqvision.data.loading import load
from seqvision.errors import DataUnavailable, SeqvisionError
from seqvision.specs import name_and_options


def test_images(record: dict[str, Any]) -> np.ndarray:
    """The test images that a run was tested on, `(n, height, width[, channels])`.

    Args:
        record: what the run's record.json holds.

    Raises:
        SeqvisionError: they are not on this machine, or are not those of the record.
    """
    used, data = record["dataset"], record["config"]["data"]
    for spec in (data.get("dataset"), data.get("offline")):
        if spec and name_and_options(spec)[0] == used["name"]:
            break
    else:
        raise DataUnavailable(f"the config does not say how to load {used['name']!r}")
    dataset = _load(spec)
    if dataset.checksum != used["checksum"]:
        raise DataUnavailable(
            f"{used['name']} on this machine ({dataset.source}) is not the data of the runs: "
            f"its checksum is {dataset.checksum[:12]}…, theirs {used['checksum'][:12]}…"
        )
    return dataset.test.samples


def _load(spec: Any) -> Dataset:
    with nothing_downloaded():
        try:
            return load(spec)
        except SeqvisionError as error:
            # The rest advises those who want to train.
            raise DataUnavailable(str(error).partition(". Set SEQVISION_DATA")[0]) from None


def picture(image: np.ndarray, seen: np.ndarray | None = None) -> str:
    """An image `(height, width[, channels])` as a PNG in a data URI.

    Args:
        seen: bool `(height, width)`; where False the picture is transparent.
    """
    pixels = image.astype(np.uint8)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.shape[2] not in (1, 3):
        pixels = pixels.mean(axis=2, keepdims=True).astype(np.uint8)
    mode = "L" if pixels.shape[2] == 1 else "RGB"
    if seen is not None:
        pixels = np.concatenate([pixels, np.where(seen, 255, 0)[:, :, None].astype(np.uint8)], 2)
        mode = {"L": "LA", "RGB": "RGBA"}[mode]
    file = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if mode == "L" else pixels, mode).save(
        file, "PNG", optimize=True
    )
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
