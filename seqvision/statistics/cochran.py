"""Cochran's Q: do several trained models err equally often on the same images?"""

import numpy as np


def cochrans_q(wrong: np.ndarray) -> tuple[float, float]:
    """Q and its p-value from the chi-squared distribution, which needs many images.

    For two models it is McNemar's test without a correction. Like that test it takes the images for
    a sample and the trained models as given. Cochran 1950, Biometrika 37. statsmodels computes it,
    as mlxtend's time grows with 2^models.

    Args:
        wrong: whether each model errs on each image, `(models, images)` bool.
    """
    from statsmodels.stats.contingency_tables import cochrans_q as test

    if (wrong == wrong[0]).all():
        return 0.0, 1.0  # They never disagree.
    found = test(wrong.T.astype(int))
    return float(found.statistic), float(found.pvalue)
