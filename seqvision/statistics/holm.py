"""Holm's correction of the p-values of several comparisons."""

import numpy as np
from numpy.typing import ArrayLike


def holm(p_values: ArrayLike) -> np.ndarray:
    """Corrected p-values, in the order given; NaN, where nothing was compared, stays NaN.

    The probability that any difference which is not real gets one below 0.05 is at most 0.05,
    however the tests depend on one another. Holm 1979, Scandinavian Journal of Statistics 6.
    """
    corrected = np.array(p_values, float)
    tested = ~np.isnan(corrected)
    if tested.any():
        from statsmodels.stats.multitest import multipletests

        corrected[tested] = multipletests(corrected[tested], method="holm")[1]
    return corrected
