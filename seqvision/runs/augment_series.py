"""Random changes of training series; what was not observed stays so, and no series grows.

Um et al. 2017, arXiv 1706.00527; Iwana & Uchida 2021, arXiv 2007.15951.
"""

from collections.abc import Callable

import numpy as np

from seqvision.config.train import Augment
from seqvision.data.series import Series

_KNOTS = 6
"""At how many points of a series its speed is drawn."""


def series_augmentation(
    augment: Augment, training: Series, seed: int, epoch: int
) -> Callable[[Series], Series]:
    """The changes of one epoch, a function from series to changed series.

    Args:
        training: the series whose means and deviations are the measure of each feature.
    """
    generator = np.random.default_rng([seed, epoch, 1])
    mean = np.nan_to_num(_of_features(np.nanmean, training))
    deviation = np.nan_to_num(_of_features(np.nanstd, training))

    def change(one: np.ndarray) -> np.ndarray:
        changed = one
        if augment.window_slice:
            changed = sliced(changed, augment.window_slice, generator)
        if augment.time_warp:
            changed = warped(changed, augment.time_warp, generator)
        if augment.scaling:
            factors = generator.normal(1, augment.scaling, one.shape[1])
            changed = mean + (changed - mean) * factors
        if augment.jitter:
            noise = generator.standard_normal(changed.shape)
            changed = changed + noise * deviation * augment.jitter
        if augment.channel_dropout:
            changed = without_channels(changed, augment.channel_dropout, generator)
        # A series of nothing cannot be learned from.
        return one if np.isnan(changed).all() else changed

    def change_all(series: Series) -> Series:
        return Series.of([change(series[place]) for place in range(len(series))])

    return change_all


def sliced(one: np.ndarray, most: float, generator: np.random.Generator) -> np.ndarray:
    """A window of a series `(steps, features)`, at a random place; a share up to `most` is left.

    Le Guennec, Malinowski & Tavenard 2016, who stretch it to its former length; here any will do.
    """
    steps = max(1, round(len(one) * (1 - generator.uniform(0, most))))
    first = generator.integers(len(one) - steps + 1)
    return one[first : first + steps]


def warped(one: np.ndarray, spread: float, generator: np.random.Generator) -> np.ndarray:
    """A series `(steps, features)` as if time had passed now faster, now slower.

    Args:
        spread: the standard deviation of the logarithm of the speed, which changes smoothly.
    """
    last = len(one) - 1
    if last < 1:
        return one
    knots = generator.normal(0, spread, _KNOTS)
    speed = np.exp(np.interp(np.linspace(0, _KNOTS - 1, last), np.arange(_KNOTS), knots))
    place = np.concatenate([[0], np.cumsum(speed)])
    place *= last / place[-1]  # It begins and ends as before.
    before = np.minimum(place.astype(int), last - 1)
    share = (place - before)[:, None]
    first, second = one[before], one[before + 1]
    between = first + (second - first) * share
    # Beside a gap, what is nearer.
    return np.where(np.isnan(between), np.where(share < 0.5, first, second), between)


def without_channels(one: np.ndarray, rate: float, generator: np.random.Generator) -> np.ndarray:
    """A series `(steps, features)` in which each feature is absent at a rate, but never all."""
    absent = generator.random(one.shape[1]) < rate
    if absent.all():
        absent[generator.integers(len(absent))] = False
    return np.where(absent, np.nan, one)


def _of_features(statistic: Callable[..., np.ndarray], series: Series) -> np.ndarray:
    """A statistic of each feature; NaN of one that was never observed."""
    seen = np.any(~np.isnan(series.values), axis=0)
    found = np.full(series.shape[2], np.nan)
    found[seen] = statistic(series.values[:, seen], axis=0, dtype=float)
    return found
