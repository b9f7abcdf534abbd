"""Log-mel spectra and cepstra of sound, as speech recognition reads it.

Davis & Mermelstein 1980, "Comparison of parametric representations for monosyllabic word
recognition in continuously spoken sentences", IEEE Trans. ASSP 28 (4).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.fft import dct, next_fast_len, rfft

_FLOOR = 1e-10
"""The least power, so that silence has a logarithm."""
_AT_A_TIME = 2**21  # samples in windows: those of an hour of sound take twice its memory or more.


@dataclass(frozen=True)
class Spectra:
    """Windows of sound, and the mel bands that each is cut into.

    Attributes:
        rate: of the sound, in Hz.
        window: the samples of a window.
        hop: the samples from one window to the next.
        n_mels: how many bands there are, from 0 to half the rate.
    """

    rate: int
    window: int
    hop: int
    n_mels: int

    @property
    def n_fft(self) -> int:
        """The samples that a window is padded to with zeros: a number of small factors."""
        return next_fast_len(self.window, real=True)

    @cached_property
    def bands(self) -> np.ndarray:
        """How much of each frequency a band takes, `(n_fft // 2 + 1, n_mels)`.

        Triangles of height 1 whose corners are evenly spaced on O'Shaughnessy's mel scale, that
        of HTK; each band's peak is where its neighbours end.
        """
        top = _mel(self.rate / 2)
        corners = _hertz(np.linspace(0, top, self.n_mels + 2))
        frequencies = np.fft.rfftfreq(self.n_fft, 1 / self.rate)[:, None]
        low, peak, high = corners[:-2], corners[1:-1], corners[2:]
        rising = (frequencies - low) / (peak - low)
        falling = (high - frequencies) / (high - peak)
        return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)

    def log_mel(self, samples: np.ndarray) -> np.ndarray:
        """The logarithm of the power in each band, float32 `(frames, n_mels)`.

        There is a frame for each whole window; sound shorter than one is padded with zeros.

        Args:
            samples: float32 `(samples,)`.
        """
        samples = np.pad(samples, (0, max(0, self.window - len(samples))))
        windows = np.lib.stride_tricks.sliding_window_view(samples, self.window)[:: self.hop]
        some = max(1, _AT_A_TIME // self.window)
        parts = [self._log_mel(windows[n : n + some]) for n in range(0, len(windows), some)]
        return np.concatenate(parts)

    def _log_mel(self, windows: np.ndarray) -> np.ndarray:
        # Hann's window, periodic, as for spectra.
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.window) / self.window)
        spectra = np.asarray(rfft(windows * hann.astype(np.float32), self.n_fft))
        return np.log(np.maximum(np.square(np.abs(spectra)) @ self.bands, _FLOOR))

    def mfcc(self, samples: np.ndarray, n_mfcc: int) -> np.ndarray:
        """Mel-frequency cepstral coefficients, float32 `(frames, n_mfcc)`.

        They are the first of the orthonormal cosine transform (DCT-II) of the log-mel spectrum.
        """
        cepstra = np.asarray(dct(self.log_mel(samples), type=2, norm="ortho"))
        return cepstra[:, :n_mfcc]


def _mel(hertz: float) -> float:
    return 2595 * np.log10(1 + hertz / 700)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return 700 * (10 ** (mel / 2595) - 1)
