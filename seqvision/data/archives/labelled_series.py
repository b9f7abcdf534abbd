"""Series and labels as a text file has them, and the dataset that such files make."""

import reprlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from seqvision.data.archives.archive_files import Files
from seqvision.data.base import Dataset
from seqvision.data.make_series import Part, make_series
from seqvision.data.notes import Notes, some
from seqvision.errors import DataError
from seqvision.formatting import counted
from seqvision.memory import check_fits

_LONGEST_LABEL = 200
"""In characters; what is longer is no label but a part of a series."""


class LabelledSeries:
    """The series of one file, to which a reader adds line by line.

    Args:
        path: the file.
    """

    def __init__(self, path: Path):
        self.path = path
        self.series: list[np.ndarray] = []
        """Each `(steps, channels)`, float32."""
        self.labels: list[str] = []
        self.class_names: tuple[str, ...] = ()
        """What the file says that the classes are; nothing if it does not."""
        self.lengths: list[int] = []
        """The values of each series, as it stands in the file."""
        self.ragged = 0
        """How many series have channels of unequal length."""
        self.gaps = False
        """Whether a value is `?` or NaN in the file."""
        self._ragged_bytes = 0
        self._first = 0

    @property
    def channels(self) -> int:
        return self.series[0].shape[1]

    def add(self, number: int, channels: list[np.ndarray], label: str) -> None:
        """Add a series.

        Args:
            number: its line.
            channels: the values `(steps,)` of each, NaN where nothing was observed; those that are
                shorter end in NaN.

        Raises:
            DataError: it has no value, no label, or another number of channels than the first.
        """
        where = f"{self.path}:{number}"
        label = label.strip()
        if label in ("", "?") and label not in self.class_names:
            raise DataError(f"{where}: the label is missing")
        if len(label) > _LONGEST_LABEL:
            raise DataError(f"{where}: expected a label, got {reprlib.repr(label)}")
        if self.series and len(channels) != self.channels:
            found, expected = counted(len(channels), "channel"), counted(self.channels, "channel")
            raise DataError(f"{where}: {found}, expected {expected} as in line {self._first}")
        steps = max(map(len, channels))
        self.gaps = self.gaps or any(np.isnan(channel).any() for channel in channels)
        if all(len(channel) == steps for channel in channels):
            one = np.stack(channels, axis=1).astype(np.float32)
        else:
            one = self._padded(channels, steps, where)
        if np.isnan(one).all():
            raise DataError(f"{where}: the series has no observed value")
        self._first = self._first or number
        self.series.append(one)
        self.labels.append(label)
        self.lengths.append(steps)

    def _padded(self, channels: list[np.ndarray], steps: int, where: str) -> np.ndarray:
        self.ragged += 1
        self._ragged_bytes += 4 * steps * len(channels)
        check_fits(self._ragged_bytes, f"{where}: channels of up to {steps:,} steps")
        one = np.full((steps, len(channels)), np.nan, np.float32)
        for channel, values in enumerate(channels):
            one[: len(values), channel] = values
        return one


Reader = Callable[[Path, Notes], LabelledSeries]
"""Reads one file of a format; it notes what it decides."""


def series_dataset(
    name: str, files: Files, read: Reader, source: str, test: float | None = None
) -> Dataset:
    """The dataset of a training and a test file, or of one.

    The classes are in the order in which the training file declares them if it declares all that
    occur, otherwise sorted.

    Args:
        source: where the files are, in words.
        test: the share of each class that is held out if there is no test file.

    Raises:
        DataError: a file is damaged, or the two do not fit together.
    """
    notes = Notes(source)
    parts = [part for part in ("training", "test") if part in files.parts]
    found = {part: read(files.parts[part], notes) for part in parts}
    for of in found.values():
        if not of.series:
            raise DataError(f"{of.path}: there are no series")
        if of.ragged:
            notes.info(
                f"{of.path.name}: {of.ragged:,} series have channels of unequal length; the "
                "shorter ones end in gaps"
            )
    names = _classes(found, notes)
    places = {name: place for place, name in enumerate(names or ())}
    labelled = {}
    for part, of in found.items():
        labels = [places[label] for label in of.labels] if names else of.labels
        labelled[part] = Part(of.series, np.array(labels))
    return make_series(name, labelled, source, names, test=test, notes=notes)


def _classes(found: dict[str, LabelledSeries], notes: Notes) -> tuple[str, ...] | None:
    """The classes in the order in which the training file declares them; None if it does not."""
    declared = dict.fromkeys(found["training"].class_names)
    seen = {label for of in found.values() for label in of.labels}
    if not declared:
        return None
    header = found["training"].path.name
    if unknown := sorted(seen - declared.keys()):
        notes.warning(f"{header}: classes that it does not declare: {some(unknown)}")
        return None
    if absent := [name for name in declared if name not in seen]:
        notes.info(f"{header}: declares classes of which there is no series: {some(absent)}")
    return tuple(name for name in declared if name in seen)
