"""Student's t: the interval of a mean, and the p-value of the mean's being zero.

Both assume independent, roughly normal values: here one of each seed, or one difference of each
pair of runs with the same seed. Student 1908, "The probable error of a mean", Biometrika 6.
"""

import numpy as np
from numpy.typing import ArrayLike


def t_interval(mean: ArrayLike, std: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper end of the 95 % interval of each mean.

    NaN for a single value, and for equal ones: without a spread there is no telling how far others
    would lie.

    Args:
        mean, std, n: the mean of `n` values and their standard deviation (with n − 1 below).
    """
    from scipy.special import stdtrit

    mean, std, n = _arrays(mean, std, n)
    half = stdtrit(n - 1, 0.975) * std / np.sqrt(n)
    return mean - half, mean + half


def t_p_value(mean: ArrayLike, std: ArrayLike, n: ArrayLike) -> np.ndarray:
    """The two-sided p-value of each mean's being zero.

    NaN for a single value and for equal ones, but 1 when all of several are zero.
    """
    from scipy.special import stdtr

    mean, std, n = _arrays(mean, std, n)
    p = 2 * stdtr(n - 1, -np.abs(mean) * np.sqrt(n) / std)
    return np.where((mean == 0) & (n > 1) & np.isnan(p), 1.0, p)


def _arrays(mean: ArrayLike, std: ArrayLike, n: ArrayLike) -> tuple[np.ndarray, ...]:
    """Floats; NaN for what has no degree of freedom and for a spread of mere rounding errors."""
    mean, std, n = (np.asarray(value, float) for value in (mean, std, n))
    n = np.where(n > 1, n, np.nan)
    return mean, np.where(std > 1e-9 * np.abs(mean), std, np.nan), n
