"""Reads sound as people keep it, WAV files of any depth and rate, as one channel at one rate."""

import io
import math
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.io import wavfile

from seqvision.errors import DataError
from seqvision.memory import check_fits

_ENDINGS = (".wav", ".wave")
_HIGHEST_RATE = 384_000  # Hz: no recorder is faster, and resampling takes time in proportion.


def is_wav(file: Path) -> bool:
    """Whether a file is sound by its ending, or by its first bytes."""
    if file.suffix.lower() in _ENDINGS:
        return True
    try:
        with file.open("rb") as opened:
            head = opened.read(12)
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None
    return head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"


class Sound(NamedTuple):
    """A recording."""

    samples: np.ndarray
    """float32 `(samples,)`, from -1 to 1 in files of whole numbers."""
    rate: int
    """Samples a second, in Hz."""
    channels: int
    """How many the file has; `samples` is their mean."""


def read_wav(file: Path) -> Sound:
    """Read a WAV file of 8, 16, 24 or 32 bits, or of float numbers.

    Raises:
        DataError: it is none, is cut short, or is empty.
    """
    try:
        check_fits(file.stat().st_size, f"{file}: its samples")
        content = file.read_bytes()
    except OSError as error:
        raise DataError(f"{file}: cannot be read: {error.strerror}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # Of chunks that aren't sound.
            warnings.filterwarnings("error", "Reached EOF", wavfile.WavFileWarning)
            # From memory, scipy makes room for what is there, whatever the header says.
            rate, samples = wavfile.read(io.BytesIO(content))
    except Exception as error:
        # A damaged header leads to many an error in scipy, division by zero among them.
        raise DataError(f"{file}: not a WAV file, or damaged: {error}") from None
    if not 1 <= rate <= _HIGHEST_RATE:
        raise DataError(f"{file}: its header says {rate:,} samples a second: damaged")
    if not samples.size:
        raise DataError(f"{file}: holds no sound")
    channels = samples.shape[1] if samples.ndim == 2 else 1
    mono = _in_proportion(samples).reshape(len(samples), channels).mean(axis=1)
    if not np.isfinite(mono).all():
        raise DataError(f"{file}: sample {np.argmin(np.isfinite(mono)) + 1} is no finite number")
    return Sound(mono.astype(np.float32), rate, channels)


def _in_proportion(samples: np.ndarray) -> np.ndarray:
    """Whole numbers as shares of the greatest that the file's bits can hold."""
    if samples.dtype.kind == "f":
        return samples
    if samples.dtype == np.uint8:  # WAV's 8 bits have no sign.
        return (samples.astype(np.float32) - 128) / 128
    return samples / np.float64(2 ** (8 * samples.dtype.itemsize - 1))


def resampled(sound: Sound, rate: int) -> np.ndarray:
    """The samples `(samples,)` at another rate, in Hz; what is too high for it is filtered out."""
    if sound.rate == rate:
        return sound.samples
    from scipy.signal import resample_poly  # Which takes a second to import.

    common = math.gcd(rate, sound.rate)
    return resample_poly(sound.samples, rate // common, sound.rate // common)
