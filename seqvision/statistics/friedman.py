"""Friedman's test and Nemenyi's: do models differ over several datasets, and which of them?

As Demšar 2006, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 7, has them.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Friedman:
    """Whether all models have the same mean rank.

    `f` is Iman & Davenport's correction of `chi2`, which is too careful (1980, Communications in
    Statistics 9); `p` is that of `f`. Equal ranks are not corrected for, which errs on the side of
    no difference.
    """

    chi2: float
    chi2_df: int
    chi2_p: float
    f: float
    f_df: tuple[int, int]
    p: float


def ranks(values: np.ndarray, *, high: bool) -> np.ndarray:
    """The rank of each model on each dataset, 1 the best; equal values share their mean rank.

    Values are equal that have the same twelve digits.

    Args:
        values: `(datasets, models)`.
        high: whether high values are best.
    """
    from scipy.stats import rankdata

    digits = np.vectorize(lambda value: float(f"{value:.12g}"), otypes=[float])(values)
    return rankdata(-digits if high else digits, axis=1)


def friedman(ranks: np.ndarray) -> Friedman:
    """Friedman's test of the ranks of three models or more on two datasets or more.

    Args:
        ranks: `(datasets, models)`.
    """
    from scipy.special import chdtrc, fdtrc

    n, k = ranks.shape
    chi2 = 12 * n / (k * (k + 1)) * (np.sum(ranks.mean(axis=0) ** 2) - k * (k + 1) ** 2 / 4)
    chi2 = max(float(chi2), 0.0)
    left = n * (k - 1) - chi2
    # Where all datasets agree nothing is left, but for rounding.
    f = (n - 1) * chi2 / left if left > 1e-9 * n * k else np.inf
    df = k - 1, (k - 1) * (n - 1)
    p = float(fdtrc(*df, f)) if np.isfinite(f) else 0.0
    return Friedman(chi2, k - 1, float(chdtrc(k - 1, chi2)), float(f), df, p)


def critical_difference(models: int, datasets: int, alpha: float = 0.05) -> float:
    """The difference of mean ranks from which on Nemenyi's test calls two of the models different.

    It corrects for all pairs of models. Nemenyi 1963, thesis, Princeton.
    """
    from scipy.stats import studentized_range

    quantile = studentized_range.ppf(1 - alpha, models, np.inf) / np.sqrt(2)
    return float(quantile * _error(models, datasets))


def nemenyi(mean_ranks: np.ndarray, datasets: int) -> np.ndarray:
    """The p-value of Nemenyi's test of each pair of models, `(models, models)`."""
    from scipy.stats import studentized_range

    apart = np.abs(mean_ranks[:, None] - mean_ranks)
    models = len(mean_ranks)
    q = np.sqrt(2) * apart / _error(models, datasets)
    return np.asarray(studentized_range.sf(q, models, np.inf))


def _error(models: int, datasets: int) -> float:
    """The standard error of a difference of two mean ranks."""
    return float(np.sqrt(models * (models + 1) / (6 * datasets)))
