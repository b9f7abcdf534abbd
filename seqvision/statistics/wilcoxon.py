"""Wilcoxon's signed-rank test: does one of two models do better over several datasets?"""

import numpy as np


def wilcoxon(differences: np.ndarray) -> float:
    """The two-sided p-value of paired differences, one of each dataset.

    Differences of zero count half for each side, as Demšar 2006 (JMLR 7, section 3.1.3) has them;
    1 if all are zero. Wilcoxon 1945, Biometrics Bulletin 1.
    """
    from scipy.stats import wilcoxon as test

    digits = np.array([float(f"{value:.12g}") for value in differences])
    return float(test(digits, zero_method="zsplit").pvalue) if digits.any() else 1.0
