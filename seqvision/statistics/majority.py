"""One p-value for several tests of the same question, one test a seed: what do most of them say?"""

import numpy as np
from numpy.typing import ArrayLike


def majority_p_value(p_values: ArrayLike) -> float:
    """The p-value of `n` tests, small only when more than half of them are.

    With m = n // 2 + 1 it is n / m times the m-th smallest, at most 1. However the tests depend on
    one another (here they share their images), it is below α by chance with a probability of at
    most α: Rüger 1978, Metrika 25; Gasparin et al., arXiv 2404.03484. The p-value of a single test
    is returned as given; without a test it is NaN.
    """
    p_values = np.sort(np.asarray(p_values, float))
    if not len(p_values):
        return float("nan")
    m = len(p_values) // 2 + 1
    return min(1.0, float(p_values[m - 1]) * len(p_values) / m)
