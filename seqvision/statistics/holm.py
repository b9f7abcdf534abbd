"""Holm's correction: p-values of several comparisons, made as safe as that of one."""

import numpy as np
from numpy.typing import ArrayLike


def holm(p_values: ArrayLike) -> np.ndarray:
    """Corrected p-values, in the order given; what is NaN was not compared and stays so.

    The chance that any of those below 0.05 is there by chance is at most 0.05, however they depend
    on one another. Holm 1979, Scandinavian Journal of Statistics 6.
    """
    corrected = np.array(p_values, float)
    tested = ~np.isnan(corrected)
    if tested.any():
        from statsmodels.stats.multitest import multipletests

        corrected[tested] = multipletests(corrected[tested], method="holm")[1]
    return corrected
