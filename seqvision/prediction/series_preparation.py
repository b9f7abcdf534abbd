"""Makes of a file, or of arrays, series as a model was trained on, and has it answer them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqvision.data.like_lengths import like_lengths
from seqvision.data.notes import Notes
from seqvision.data.series import Series
from seqvision.errors import DataError, SeqvisionError
from seqvision.prediction.held import Held
from seqvision.prediction.series_files import (
    SeriesFile,
    Wanted,
    read_series,
    read_sound,
    sound_features,
)
from seqvision.presets.facts import Facts

if TYPE_CHECKING:
    from seqvision.data.sound.features import SoundFeatures


@dataclass(frozen=True)
class SeriesPreparation:
    """How series are made ready for a model: as the dataset that it was trained on made them.

    Raw numbers are left as they are: normalising them and filling gaps is within the model.

    Attributes:
        steps: how many steps it reads, of a model of a fixed number; None if any will do.
        wanted: what it needs of files.
    """

    steps: int | None
    wanted: Wanted

    kind = "series"
    what = "series"
    one = "sound"
    """What a file of one sample is read as."""

    def check(self) -> None:
        """Nothing has to be known before files are read."""

    def single(self, path: Path) -> tuple[np.ndarray, set[str]]:
        """The series of a WAV file, and no remarks.

        Raises:
            DataError: it cannot be read, or the model was not trained on sound.
        """
        held = self._checked([read_sound(path, self.sound)], str(path))
        if held.errors:
            raise DataError(f"{path}: {held.errors[0]}")
        return held.samples[0], set()

    def several(self, file: SeriesFile, notes: Notes) -> Held:
        """The series of a file.

        Raises:
            DataError: it cannot be read, or has other features than the model.
        """
        held = read_series(file.path, self.wanted, notes)
        checked = self._checked(held.samples, str(file.path))
        return Held(checked.samples, held.labels, held.names, checked.errors)

    def given(self, series: "Series | np.ndarray | Sequence[Any]") -> Held:
        """Series in memory.

        `Series`, an array `(n, steps, features)`, or one `(steps, features)` each; of one feature,
        its axis may be left out.

        Raises:
            DataError: they are of another shape, or no numbers.
        """
        features = self.wanted.features
        if isinstance(series, np.ndarray):
            if features == 1 and series.ndim < 3 and series.shape[-1:] != (1,):
                series = series[..., None]
            if series.ndim == 2:
                series = series[None]
            if series.ndim != 3:
                raise DataError(
                    f"series: expected (n, steps, {features}) or (steps, {features}), got "
                    f"{series.shape}"
                )
        each = [np.asarray(one) for one in series]
        if features == 1:
            each = [one[:, None] if one.ndim == 1 else one for one in each]
        return self._checked(each, "series")

    def answered(
        self, logits: Callable[[Series | np.ndarray], np.ndarray], samples: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """The logits `(classes,)` of each series, in their order.

        Series of like length are padded and answered together. Of a model that says each step,
        `(steps, classes)`, as many as it reads of each.

        Args:
            logits: those of a model, as an `Answerer` has them.
        """

        def at_once(given: Series | np.ndarray) -> Callable[[], np.ndarray]:
            said = logits(given)
            return lambda: said

        return self.ask(at_once, samples)()

    def ask(
        self,
        ask: Callable[[Series | np.ndarray], Callable[[], np.ndarray]],
        samples: Sequence[np.ndarray],
    ) -> Callable[[], list[np.ndarray]]:
        """Hand series over to a model; what is returned waits for what `answered` returns.

        Args:
            ask: that of a model, as an `Answerer` has it.
        """
        series = Series.of(samples)
        waits = []
        for index in like_lengths(series.lengths, len(series)):
            some = series[index]
            waits.append((index, ask(some if self.steps is None else some.padded(self.steps))))

        def wait() -> list[np.ndarray]:
            found: list[np.ndarray] = [np.empty(0)] * len(series)
            for index, said_of in waits:
                for place, said in zip(index, said_of(), strict=True):
                    found[place] = said if said.ndim == 1 else said[: series.lengths[place]]
            return found

        return wait

    @cached_property
    def sound(self) -> "SoundFeatures | None":
        """What the model's own dataset made of sound; None if it was another."""
        return sound_features(self.wanted, "wav_folder")

    def _checked(self, series: Sequence[np.ndarray] | np.ndarray, source: str) -> Held:
        """Series as float32, with what is wrong about some.

        Raises:
            DataError: they have other features than the model, or are no numbers.
        """
        features, made, errors = self.wanted.features, [], {}
        for place, one in enumerate(series):
            if one.ndim != 2 or one.shape[1] != features or one.dtype.kind not in "buif":
                raise DataError(
                    f"{source}: series {place + 1} is {one.shape} ({one.dtype}), and the model "
                    f"reads (steps, {features}) of numbers"
                )
            with np.errstate(over="ignore"):
                made.append(one.astype(np.float32, copy=False))
            if error := self._wrong(made[-1]):
                errors[place] = error
        return Held(made, errors=errors)

    def _wrong(self, one: np.ndarray) -> str | None:
        """Why a series `(steps, features)` cannot be answered; None if it can."""
        if np.isinf(one).any():
            return "holds an infinite value, or one too large for float32"
        observed = np.flatnonzero(~np.isnan(one).all(axis=1))
        if not len(observed):
            return "has no observed value"
        steps = int(observed[-1]) + 1
        if self.steps is not None and steps > self.steps:
            return f"has {steps:,} steps, and the model reads {self.steps:,} at most"
        return None


def series_preparation(
    facts: Facts, shape: tuple[int | None, ...], labels: bool = False
) -> SeriesPreparation:
    """How series are made ready for a model.

    Args:
        shape: of what it reads, `(steps, features)`, None for steps of any number.
        labels: whether labels are read, where files have them.

    Raises:
        SeqvisionError: the shape is another.
    """
    if len(shape) != 2 or shape[1] is None:
        raise SeqvisionError(f"the model reads {shape}, expected (steps, features) of series")
    names = facts.more.get("dataset", {}).get("features")
    wanted = Wanted(shape[1], facts.data, labels, None if names is None else tuple(names))
    return SeriesPreparation(shape[0], wanted)
