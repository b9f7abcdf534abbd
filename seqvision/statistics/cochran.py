"""Cochran's Q: do several trained models all err equally often on the same images?"""

import numpy as np


def cochrans_q(wrong: np.ndarray) -> tuple[float, float]:
    """Q and its p-value from the chi-squared distribution, which needs many images.

    Like McNemar's test, which it is for two models without a correction, it takes the images for a
    sample and the models as they were trained. Cochran 1950, Biometrika 37. statsmodels computes
    it: mlxtend's goes through all 2^models patterns of right and wrong.

    Args:
        wrong: whether each model errs on each image, `(models, images)` bool.
    """
    from statsmodels.stats.contingency_tables import cochrans_q as test

    if (wrong == wrong[0]).all():
        return 0.0, 1.0  # They never disagree.
    found = test(wrong.T.astype(int))
    return float(found.statistic), float(found.pvalue)
