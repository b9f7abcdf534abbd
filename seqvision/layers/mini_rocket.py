"""MiniRocket: in what share of a series each of some thousand fixed convolutions is large."""

from itertools import combinations
from statistics import NormalDist
from typing import Any

import keras
import numpy as np
from keras import ops

from seqvision.errors import SeqvisionError
from seqvision.inputs.gaps import places
from seqvision.layers.masked import lowest, without_masked

_TAPS = 9
_TWOS = np.array(list(combinations(range(_TAPS), 3)))
_COUNT = len(_TWOS)
"""The kernels: one for each choice of 3 taps of 9."""
_STEPS_AT_ONCE = 100_000
_KERNELS = np.full((_TAPS, _COUNT), -1.0, "float32")
_KERNELS[_TWOS.T, np.arange(_COUNT)] = 2.0


@keras.saving.register_keras_serializable("seqvision")
class MiniRocket(keras.layers.Layer):
    """From `(batch, steps, features)` to `(batch, shares)`, with nothing that is trained.

    There are 84 kernels w of 9 taps, −1 but for three that are 2, each at several dilations d. At
    step t one of them gives

        y(t) = Σ_j w(j) x(t + (j − 4) d),

    where x is the sum of some features, drawn for each kernel and dilation, and 0 beyond the
    series. What is returned is the share of steps at which y is above a bias, for several biases:
    quantiles of y in one training series each, which `adapt` finds. Every other kernel looks only
    where all of its taps are within the series; where they never are, the share is 0.

    Each series is taken for itself, so padding, which is masked, changes nothing. Nothing is
    differentiated, and all is computed in float32.

    Args:
        num_features: the number of shares, rounded down to a multiple of 84, at least 84.
        max_dilations: the most dilations, from 1 up to where a kernel is as long as `steps`, each
            the same factor above the one before.
        steps: of how many steps dilations are made; all there are if the shape says.
        seed: what features, and series for the biases, are drawn by.

    Raises:
        SeqvisionError: the number of steps is not known, and `steps` does not say it.

    Examples:
        >>> import keras
        >>> from seqvision.layers import MiniRocket
        >>> layer = MiniRocket(num_features=168)
        >>> layer.adapt(keras.random.normal((10, 50, 2)))
        >>> keras.ops.shape(layer(keras.random.normal((3, 50, 2))))
        (3, 168)

    References:
        Dempster, Schmidt & Webb, "MiniRocket: a very fast (almost) deterministic transform for
        time series classification", 2021, arXiv 2012.08791; with several features as in its
        authors' code. There all series have one length.
    """

    def __init__(
        self,
        num_features: int = 10_000,
        max_dilations: int = 32,
        steps: int | None = None,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(autocast=False, **kwargs)
        self.num_features = num_features
        self.max_dilations = max_dilations
        self.steps = steps
        self.seed = seed
        self.supports_masking = True

    @property
    def _of_a_kernel(self) -> int:
        """How many shares each kernel has, at all dilations."""
        return max(self.num_features // _COUNT, 1)

    def build(self, input_shape: Any) -> None:
        steps = self.steps or input_shape[1]
        if steps is None:
            raise SeqvisionError(
                "mini_rocket: say in `steps` how long the longest series is, by which the "
                "dilations are chosen"
            )
        self._dilations = dilations(steps, self._of_a_kernel, self.max_dilations)
        self._quantiles = np.split(
            np.arange(1, _COUNT * self._of_a_kernel + 1) * (np.sqrt(5) + 1) / 2 % 1,
            _COUNT * np.cumsum([count for _, count in self._dilations])[:-1],
        )
        chosen = self._channels(input_shape[-1])
        kernel = _KERNELS[None, :, None] * chosen[:, None]
        kernel = kernel.reshape(len(chosen), -1, _COUNT)
        # As of white noise, until `adapt` has seen series.
        spread = np.sqrt(18 * chosen.sum(axis=1))
        biases = [
            np.ravel(spread[n][:, None] * _normal(quantiles).reshape(_COUNT, -1))
            for n, quantiles in enumerate(self._quantiles)
        ]
        kept: dict[str, Any] = {"trainable": False, "dtype": "float32", "autocast": False}
        self.kernel = self.add_weight(kernel.shape, _always(kernel), name="kernel", **kept)
        biases = np.concatenate(biases)
        self.biases = self.add_weight(biases.shape, _always(biases), name="biases", **kept)

    def _channels(self, features: int) -> np.ndarray:
        """Which features each kernel sums, 1 or 0, `(dilations, features, 84)`.

        They are drawn as by the authors' code after `numpy.random.seed(seed)`: 1 to 9, small
        numbers more often.
        """
        random, rows = np.random.RandomState(self.seed), len(self._dilations) * _COUNT
        counts = 2 ** random.uniform(0, np.log2(min(features, 9) + 1), rows)
        chosen = np.zeros((rows, features), "float32")
        for row, count in zip(chosen, counts.astype(int), strict=True):
            row[random.choice(features, count, replace=False)] = 1
        return chosen.reshape(-1, _COUNT, features).transpose(0, 2, 1)

    def adapt(self, values: Any) -> None:
        """Set the biases to quantiles of what the kernels give at the steps of training series.

        Args:
            values: `(n, steps, features)`, NaN after the end of each.
        """
        values = np.asarray(values, "float32")
        if not self.built:
            self.build(values.shape)
        lengths = (~np.isnan(values).all(axis=-1)).sum(axis=1)
        values, random = np.nan_to_num(values), np.random.RandomState(self.seed)
        biases = []
        for place, quantiles in enumerate(self._quantiles):
            asked, chosen = quantiles.reshape(_COUNT, -1), random.randint(len(values), size=_COUNT)
            parts = min(_COUNT, 1 + _COUNT * values.shape[1] // _STEPS_AT_ONCE)
            for kernels in np.array_split(np.arange(_COUNT), parts):
                # By the same operations as later, so that what is equal is found equal.
                of_all = self._convolved(ops.convert_to_tensor(values[chosen[kernels]]), place)
                for kernel, y in zip(kernels, ops.convert_to_numpy(of_all), strict=True):
                    y = y[: lengths[chosen[kernel]], kernel]
                    biases.append(np.quantile(y, asked[kernel]))
        self.biases.assign(np.concatenate(biases).astype("float32"))

    def call(self, inputs: Any, mask: Any = None) -> Any:
        inputs = ops.stop_gradient(without_masked(ops.cast(inputs, "float32"), mask))
        place = places(inputs[:, :, 0])[:, :, None]
        end = ops.max(place, axis=1, keepdims=True) + 1
        if mask is not None:
            end = ops.sum(ops.cast(mask, "int32"), axis=1)[:, None, None]
        first, found = 0, []
        for number, (dilation, count) in enumerate(self._dilations):
            y = self._convolved(inputs, number)
            beyond = 4 * dilation
            # By turns, all steps and those around which all taps are within the series.
            skipped = beyond * ((number + np.arange(_COUNT)) % 2)
            skipped = ops.convert_to_tensor(skipped, "int32")
            counts = ops.logical_and(place >= skipped, place < end - skipped)
            y = ops.where(counts, y, lowest(y))
            biases = ops.reshape(self.biases[first : first + _COUNT * count], (_COUNT, count))
            above = ops.sum(ops.cast(y[..., None] > biases, "float32"), axis=1)
            steps = ops.sum(ops.cast(counts, "float32"), axis=1)[..., None]
            found.append(ops.reshape(above / ops.maximum(steps, 1.0), (-1, _COUNT * count)))
            first += _COUNT * count
        return ops.cast(ops.concatenate(found, axis=-1), self.compute_dtype)

    def _convolved(self, series: Any, number: int) -> Any:
        """Y of each kernel at one dilation, `(batch, steps, 84)`."""
        dilation, _ = self._dilations[number]
        around = (_TAPS - 1) * dilation
        padded = ops.pad(series, [[0, 0], [around // 2, around // 2], [0, 0]])
        taps = [padded[:, n : (n - around) or None] for n in range(0, around + 1, dilation)]
        return ops.matmul(ops.concatenate(taps, axis=-1), self.kernel[number])

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return input_shape[0], _COUNT * self._of_a_kernel

    def get_config(self) -> dict[str, Any]:
        own = ("num_features", "max_dilations", "steps", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}


def dilations(steps: int, features: int, most: int) -> list[tuple[int, int]]:
    """The dilations for series of so many steps, and how many features of a kernel each has.

    They are `most` powers of 2 at equal steps, rounded down, the last of a kernel as long as the
    series; those that are equal become one, with the features of all.

    Args:
        features: how many a kernel has in all; no fewer than dilations.
    """
    most = min(features, most)
    longest = np.log2(max(steps - 1, _TAPS - 1) / (_TAPS - 1))
    each = np.logspace(0, longest, most, base=2).astype(int)
    found, times = np.unique(each, return_counts=True)
    counts = (times * (features / most)).astype(int)
    counts[: features - counts.sum()] += 1  # Which are fewer than there are dilations.
    return list(zip(found.tolist(), counts.tolist(), strict=True))


def _normal(quantiles: np.ndarray) -> np.ndarray:
    """The values below which so large shares of normal numbers are."""
    return np.array([NormalDist().inv_cdf(quantile) for quantile in quantiles])


def _always(values: np.ndarray) -> Any:
    """An initializer that gives these values."""
    return lambda shape, dtype=None: ops.convert_to_tensor(values, dtype=dtype)
