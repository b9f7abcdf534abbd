"""The temperature that makes probabilities calibrated.

Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks", arXiv 1706.04599.
"""

import numpy as np

_LOWEST, _HIGHEST = 0.05, 20.0


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float | None:
    """The temperature T > 0 for which softmax(logits / T) has the least negative log-likelihood.

    The loss is convex in 1/T, so there is at most one. None if there is none, as every image is
    right, or as the logits are no better than chance; or if it lies beyond 0.05 or 20.

    Args:
        logits: of validation images, `(n, classes)`.
        labels: `(n,)`.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    if not len(labels):
        return None
    wide, chosen = logits.astype(np.float64), np.arange(len(labels))
    own = wide[chosen, labels]
    if (wide.argmax(axis=1) == labels).all() or own.mean() <= wide.mean():
        return None  # The loss falls for ever as 1/T grows, or rises from 0 on.

    def loss(log_inverse: float) -> float:
        scaled = log_softmax(wide * np.exp(log_inverse), axis=1)
        return float(-scaled[chosen, labels].mean())

    ends = (-np.log(_HIGHEST), -np.log(_LOWEST))
    found = minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-6})
    temperature = float(np.exp(-found.x))
    within = 1.01 * _LOWEST < temperature < 0.99 * _HIGHEST
    return round(temperature, 4) if within else None
