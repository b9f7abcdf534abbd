"""A bootstrap over seeds and images: how far would a difference go on others of both?"""

import numpy as np


def bootstrap_interval(
    differences: np.ndarray, confidence: float = 0.95, draws: int = 5000
) -> tuple[float, float]:
    """The interval of a mean difference over both seeds and images, `(low, high)`.

    Each draw takes seeds and, apart from them, images with replacement (the pigeonhole bootstrap:
    Owen 2007, Annals of Applied Statistics 1, doi 10.1214/07-AOAS122). Of n seeds n − 1 are drawn,
    which makes up for the spread that a few seeds lack (Hesterberg 2015, arXiv 1411.5279).

    With 3 or 5 seeds the percentiles of the draws promise too much, so the interval is their
    standard deviation times a quantile: Student's with n − 1 degrees of freedom for the seeds'
    share of the variance, the normal one for the rest, as images are many (Cochran & Cox 1957,
    Experimental Designs, section 4.14). It errs on the wide side, the most where nothing but the
    noise of single predictions varies: that enters through seeds and images both.

    NaN for a single seed, and where no seed and no image differs. The draws are the same each time.

    Args:
        differences: of each pair of models and each image, `(seeds, images)`: 1 if only the first
            errs, −1 if only the second does, 0 else (or means of those).
    """
    from scipy.special import ndtri, stdtrit

    seeds, images = differences.shape
    if seeds < 2:
        return float("nan"), float("nan")
    generator = np.random.default_rng(0)
    # Images alike for every seed are drawn as one kind: the same distribution, far fewer numbers.
    kinds, counts = np.unique(differences, axis=1, return_counts=True)
    drawn_seeds = generator.multinomial(seeds - 1, [1 / seeds] * seeds, draws) / (seeds - 1)
    drawn_kinds = generator.multinomial(images, counts / images, draws) / images
    variance = ((drawn_seeds @ kinds) * drawn_kinds).sum(axis=1).var(ddof=1)
    if variance == 0:
        return float("nan"), float("nan")
    share = min(1.0, differences.mean(axis=1).var(ddof=1) / seeds / variance)
    tail = (1 + confidence) / 2
    quantile = share * stdtrit(seeds - 1, tail) + (1 - share) * ndtri(tail)
    mean, half = differences.mean(), quantile * np.sqrt(variance)
    return float(mean - half), float(mean + half)
