"""McNemar's exact test: do two trained models err equally often on the same images?"""

import numpy as np


def mcnemar(wrong: np.ndarray, other: np.ndarray) -> float:
    """The two-sided p-value, from the images on which exactly one of the two errs.

    It takes the images for a sample and both models as they were trained: seeds have no part in
    it, so a small p-value does not say that other seeds would differ likewise. McNemar 1947,
    Psychometrika 12; Dietterich 1998, Neural Computation 10, on its use for classifiers.

    Args:
        wrong, other: whether each model errs on each image, `(images,)` bool.
    """
    from mlxtend.evaluate import mcnemar as test
    from mlxtend.evaluate import mcnemar_table

    right = np.zeros(len(wrong), int)
    table = mcnemar_table(right, wrong.astype(int), other.astype(int))
    return float(test(table, exact=True)[1])
