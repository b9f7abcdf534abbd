"""McNemar's exact test: do two trained models err equally often on the same images?"""

from collections.abc import Sequence

import numpy as np

from seqvision.statistics.majority import majority_p_value


def mcnemar(wrong: np.ndarray, other: np.ndarray) -> float:
    """The two-sided p-value, from the images on which exactly one of the two errs.

    It takes the images for a sample and both trained models as given, so a small p-value does not
    say that models trained with other seeds would differ as well. McNemar 1947,
    Psychometrika 12; Dietterich 1998, Neural Computation 10, on its use for classifiers.

    Args:
        wrong, other: whether each model errs on each image, `(images,)` bool.
    """
    from mlxtend.evaluate import mcnemar as test
    from mlxtend.evaluate import mcnemar_table

    right = np.zeros(len(wrong), int)
    table = mcnemar_table(right, wrong.astype(int), other.astype(int))
    return float(test(table, exact=True)[1])


def mcnemar_over_seeds(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> float:
    """One p-value for several seeds, small only if most of them find the same model better.

    `majority_p_value` is taken for each of the two models, with 1 for the seeds that find the other
    better. Each uses half of the two-sided level, so the smaller of the two is the result.

    Args:
        pairs: of each seed, the two masks that `mcnemar` takes.
    """
    p_values = np.array([mcnemar(wrong, other) for wrong, other in pairs])
    sides = np.array([wrong.sum() - other.sum() for wrong, other in pairs], float)
    return min(majority_p_value(np.where(side * sides > 0, p_values, 1)) for side in (-1, 1))
