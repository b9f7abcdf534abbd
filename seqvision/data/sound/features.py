"""What is made of each sound: a series of spectra or of cepstra, by the options of a dataset."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from seqvision.data.series import Series
from seqvision.data.sound.spectra import Spectra
from seqvision.data.sound.wav import Sound, read_wav, resampled
from seqvision.errors import DataError


@dataclass(frozen=True)
class SoundFeatures:
    """Makes series of sound; the options are those of the dataset `wav_folder`.

    Attributes:
        source: how messages begin.
        features: `mel` or `mfcc`.
        n_mels: how many mel bands there are.
        n_mfcc: how many coefficients are kept, of `mfcc`.
        rate: what all sound is resampled to, in Hz.
        window: the length of a window, in milliseconds.
        hop: from the begin of one window to that of the next, in milliseconds.
    """

    source: str
    features: Literal["mel", "mfcc"]
    n_mels: int
    n_mfcc: int
    rate: int
    window: float
    hop: float

    @property
    def options(self) -> dict[str, Any]:
        """All but the source, plain data."""
        return {name: value for name, value in asdict(self).items() if name != "source"}

    @property
    def size(self) -> int:
        """How many features a step has."""
        return self.n_mels if self.features == "mel" else self.n_mfcc

    def of(self, sound: Sound) -> np.ndarray:
        """The series of a sound, float32 `(frames, features)`.

        Raises:
            DataError: as `spectra`.
        """
        samples = resampled(sound, self.rate)
        if self.features == "mel":
            return self.spectra.log_mel(samples)
        return self.spectra.mfcc(samples, self.n_mfcc)

    @cached_property
    def spectra(self) -> Spectra:
        """Windows of some milliseconds as samples.

        Raises:
            DataError: a window or a hop is shorter than a sample, a band narrower than what a
                window tells apart, or there are fewer bands than coefficients.
        """
        rate, n_mels = self.rate, self.n_mels
        made = Spectra(
            rate, round(self.window * rate / 1000), round(self.hop * rate / 1000), n_mels
        )
        for what, given, samples in (
            ("window", self.window, made.window),
            ("hop", self.hop, made.hop),
        ):
            if not 1 <= samples <= 10_000_000:
                raise DataError(
                    f"{self.source}: {what}: {given:g} ms are {samples:,} samples at {rate:,} Hz"
                )
        if n_mels > made.n_fft // 2 or not made.bands.any(axis=0).all():
            raise DataError(
                f"{self.source}: n_mels: {n_mels} bands are narrower than a window of "
                f"{self.window:g} ms can tell apart; take fewer bands or a longer window"
            )
        if self.features == "mfcc" and self.n_mfcc > n_mels:
            raise DataError(
                f"{self.source}: n_mfcc: {self.n_mfcc} coefficients of {n_mels} mel bands; at most "
                "one each"
            )
        return made


def read_block(files: Sequence[Path], **options: Any) -> tuple[np.ndarray, dict[str, list[int]]]:
    """The steps of all sounds, and of each its `lengths` in steps, `rates` in Hz and `channels`.

    Args:
        options: of `SoundFeatures`.

    Raises:
        DataError: as `read_wav`.
    """
    made = _made("", **options)
    each, rates, channels = [], [], []
    for file in files:
        sound = read_wav(file)
        each.append(made.of(sound))
        rates.append(sound.rate)
        channels.append(sound.channels)
    series = Series.of(each)
    return series.values, {
        "lengths": series.lengths.tolist(),
        "rates": rates,
        "channels": channels,
    }


_made = lru_cache(1)(SoundFeatures)
