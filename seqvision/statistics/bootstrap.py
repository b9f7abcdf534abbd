"""A bootstrap over seeds and images: how large may a difference be with other seeds and images?"""

import numpy as np


def bootstrap_interval(differences: np.ndarray, draws: int = 5000) -> tuple[float, float]:
    """The 95 % interval of a mean difference over both seeds and images, `(low, high)`.

    Each draw takes seeds and, apart from them, images with replacement (the pigeonhole bootstrap:
    Owen 2007, Annals of Applied Statistics 1, doi 10.1214/07-AOAS122). Of n seeds n − 1 are drawn,
    which makes up for the spread that a few seeds lack (Hesterberg 2015, arXiv 1411.5279).

    With 3 or 5 seeds the interval between percentiles of the draws is too narrow. So half its width
    is the draws' standard deviation times a quantile: Student's with n − 1 degrees of freedom for
    the seeds' share of the variance, the normal one for the rest, as images are many (Cochran & Cox
    1957, Experimental Designs, section 4.14). The interval tends to be too wide, the most where
    only the noise of single predictions varies, which counts twice: for seeds and for images.

    NaN for a single seed, and where all differences are equal. The draws are the same in
    each call.

    Args:
        differences: `(seeds, images)`; 1 if only the first model errs, −1 if only the second does,
            0 otherwise (or means of those).
    """
    from scipy.special import ndtri, stdtrit

    seeds, images = differences.shape
    if seeds < 2:
        return float("nan"), float("nan")
    generator = np.random.default_rng(0)
    # Images with the same differences for all seeds are counted, not drawn one by one: the
    # distribution is the same, with far fewer numbers.
    kinds, counts = np.unique(differences, axis=1, return_counts=True)
    drawn_seeds = generator.multinomial(seeds - 1, [1 / seeds] * seeds, draws) / (seeds - 1)
    drawn_kinds = generator.multinomial(images, counts / images, draws) / images
    variance = ((drawn_seeds @ kinds) * drawn_kinds).sum(axis=1).var(ddof=1)
    if variance == 0:
        return float("nan"), float("nan")
    share = min(1.0, differences.mean(axis=1).var(ddof=1) / seeds / variance)
    quantile = share * stdtrit(seeds - 1, 0.975) + (1 - share) * ndtri(0.975)
    mean, half = differences.mean(), quantile * np.sqrt(variance)
    return float(mean - half), float(mean + half)
