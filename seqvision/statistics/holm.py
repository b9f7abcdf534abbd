"""Holm's correction of the p-values of several comparisons."""

import numpy as np
from numpy.typing import ArrayLike


def holm(p_values: ArrayLike) -> np.ndarray:
    """Corrected p-values, in the order given; NaN, where nothing was compared, stays NaN.

    The probability that any difference which is not real gets one below 0.05 is at most 0.05,
    however the tests depend on one another. Holm 1979, Scandinavian Journal of Statistics 6.
    """
    # Not statsmodels' multipletests, which has Python look through its whole memory for garbage at
    # each call: a second or more in a process that has trained.
    corrected = np.array(p_values, float)
    order = np.argsort(corrected)[: np.count_nonzero(~np.isnan(corrected))]  # NaN is sorted last.
    times_left = corrected[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(times_left), 1)
    return corrected
