"""Makes a dataset of series, with the checks that every one passes."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from seqvision.data.assembly import assembled
from seqvision.data.base import Dataset, Split
from seqvision.data.notes import Notes, some
from seqvision.data.series import Series
from seqvision.data.whole_groups import numbered_groups
from seqvision.errors import DataError


class Place(NamedTuple):
    """Where a series was found."""

    where: str
    """The file, and its line if it has lines: `mine.csv:7`."""
    name: str = ""
    """What the file calls the series: `id 'a'`."""


class Part(NamedTuple):
    """Some series, what they are, and what they come from."""

    series: Sequence[np.ndarray] | Series
    """Each `(steps, features)`, NaN where nothing was observed."""
    labels: np.ndarray
    """Whole numbers, texts or one-hot rows."""
    groups: Sequence[str] | np.ndarray | None = None
    place: Callable[[int], Place] | None = None
    """Says where a series was found, by its index."""

    def named(self, source: str, part: str, index: int) -> str:
        """How a message about a series begins: `mine.csv:7: training series 4 (id 'a')`."""
        place = self.place(index) if self.place else Place(source)
        name = f" ({place.name})" if place.name else ""
        return f"{place.where}: {part} series {index + 1}{name}"


def make_series(
    name: str,
    parts: Mapping[str, Part],
    source: str,
    class_names: tuple[str, ...] | None = None,
    *,
    test: float | None = None,
    notes: Notes | None = None,
    features: Sequence[str] | None = None,
) -> Dataset:
    """Return a dataset of series after a check that its parts fit together.

    Args:
        parts: `training`, and `test` and `validation` if there are any.
        source: where they came from, in words.
        class_names: what labels from 0 stand for; the labels' own values if not given.
        test: the share of each class that is held out if there is no `test`; a fifth if not given.
        notes: what was decided so far.
        features: the names of the features, if they have names.

    Raises:
        DataError: it says which series is wrong and how.
    """
    notes = notes or Notes(source)
    numbers = numbered_groups({part: of.groups for part, of in parts.items()}, notes)
    checked = {part: _checked(given, source, part) for part, given in parts.items()}
    splits: dict[str, Split] = {}
    for part, series in checked.items():
        labels = np.asarray(parts[part].labels)
        if labels.shape[:1] != (len(series),):
            raise DataError(f"{source}: {len(series)} {part} series, but labels of {labels.shape}")
        splits[part] = Split(series, labels, numbers.get(part))
    for part, series in checked.items():
        if (count := series.shape[-1]) != (expected := checked["training"].shape[-1]):
            raise DataError(
                f"{source}: training series have {expected} features, {part} series {count}"
            )
    names = None if features is None else tuple(features)
    _note_constant(checked["training"].values, names, notes)
    return assembled(
        name, splits, source, class_names, test=test, scale=None, notes=notes, features=names
    )


def _checked(given: Part, source: str, part: str) -> Series:
    """Series that are float32, finite or NaN, and have an observed value each.

    Raises:
        DataError: one is not.
    """
    series = given.series
    if len(series) == 0:
        raise DataError(f"{source}: there are no {part} series")
    if not isinstance(series, Series):
        features = np.shape(series[0])[1:]
        fits = [np.ndim(one) == 2 and np.shape(one)[1:] == features != (0,) for one in series]
        if False in fits:
            one = fits.index(False)
            raise DataError(
                f"{given.named(source, part, one)} is {np.shape(series[one])}; expected "
                f"(steps, features), as many features as the first, {np.shape(series[0])}"
            )
        series = Series.of(series)
    if len(empty := np.flatnonzero(series.lengths == 0)):
        raise DataError(f"{given.named(source, part, int(empty[0]))} has no observed value")
    if len(wrong := np.flatnonzero(np.isinf(series.values).any(axis=1))):
        one = int(np.searchsorted(np.cumsum(series.lengths), wrong[0], side="right"))
        raise DataError(
            f"{given.named(source, part, one)} holds an infinite value, or one too large for "
            "float32; write NaN for what was not observed"
        )
    return series


def _note_constant(values: np.ndarray, names: tuple[str, ...] | None, notes: Notes) -> None:
    """Say which features never change in the training series, whose values are `(n, features)`."""
    low = np.nanmin(values, axis=0, initial=np.inf)
    high = np.nanmax(values, axis=0, initial=-np.inf)
    if len(constant := np.flatnonzero(~(high > low))):
        of = some([names[n] if names else str(n + 1) for n in constant.tolist()])
        notes.warning(
            f"{len(constant)} of {values.shape[1]} features never change in training ({of}); "
            "normalised by training they are 0"
        )
