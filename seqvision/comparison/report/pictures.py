"""The test samples that a report shows, loaded without a download and checked by checksum."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from seqvision.comparison.report.lines import drawn
from seqvision.data.base import Dataset
from seqvision.data.files import nothing_downloaded
from seqvision.data.loading import load
from seqvision.data.polylines import usual_range
from seqvision.data.resampling import Resampling
from seqvision.data.series import Series
from seqvision.errors import DataUnavailable, SeqvisionError
from seqvision.specs import name_and_options


class Pictures:
    """Pictures of test samples, which all are drawn to one scale.

    Args:
        samples: images `(n, height, width[, channels])`, or series.
    """

    def __init__(self, samples: np.ndarray | Series):
        self.samples = samples
        if isinstance(samples, Series):
            self._low, self._high = usual_range(samples)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def size(self) -> tuple[int, int] | None:
        """The height and width of images; None of series."""
        return None if isinstance(self.samples, Series) else self.samples.shape[1:3]

    def of(self, index: int, seen: Any = None) -> str:
        """The picture of a sample, as a data URI.

        Args:
            seen: how much of it is shown: of an image bool `(height, width)`, of a series the
                number of steps; all if None.
        """
        if isinstance(self.samples, Series):
            return drawn(self.samples[index], self._low, self._high, seen)
        return picture(self.samples[index], seen)


def test_pictures(record: dict[str, Any]) -> Pictures:
    """Pictures of the samples that a run was tested on.

    Args:
        record: what the run's record.json holds.

    Raises:
        SeqvisionError: they are not on this machine, or are not those of the record.
    """
    used, data = record["dataset"], record["config"]["data"]
    for spec in (data.get("dataset"), data.get("offline")):
        # A person's own file is called by its format and its name, `npz:mine.npz`.
        if spec and name_and_options(spec)[0] == used["name"].partition(":")[0]:
            break
    else:
        raise DataUnavailable(f"the config does not say how to load {used['name']!r}")
    dataset = _load(spec, Resampling.of(data))
    if dataset.checksum != used["checksum"]:
        raise DataUnavailable(
            f"{used['name']} on this machine ({dataset.source}) is not the data of the runs: "
            f"its checksum is {dataset.checksum[:12]}…, theirs {used['checksum'][:12]}…"
        )
    return Pictures(dataset.test.samples)


def _load(spec: Any, resampling: Resampling) -> Dataset:
    with nothing_downloaded():
        try:
            return load(spec, resampling=resampling)
        except DataUnavailable as error:
            raise DataUnavailable(error.what) from None  # The remedy is for those who train.
        except SeqvisionError as error:
            raise DataUnavailable(str(error)) from None


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
