"""The matrix from which state spaces begin: HiPPO-LegS, without what makes it not normal."""

from typing import Any

import numpy as np


def legs(size: int) -> tuple[Any, Any]:
    """The eigenvalues and eigenvectors of the normal part of HiPPO-LegS.

    A(n, k) = −√(2n + 1) √(2k + 1) below the diagonal and −(n + 1) on it; added to that p pᵀ with
    p(n) = √(n + ½), which leaves −½ plus a matrix that is skew-symmetric. Gu et al. 2020, arXiv
    2008.07669; Gu et al. 2022, arXiv 2111.00396, C.3.

    Args:
        size: of the matrix, even.

    Returns:
        The imaginary parts of the eigenvalues, of each conjugate pair the positive one, the
        smallest first, `(size / 2,)`; the real parts are −½. And the eigenvectors of length 1,
        complex, `(size, size / 2)`.
    """
    n = np.arange(size)
    root, p = np.sqrt(2 * n + 1), np.sqrt(n + 0.5)
    a = -np.tril(np.outer(root, root)) + np.diag(n)
    normal = a + np.outer(p, p)
    # Times −i the skew-symmetric part is Hermitian, whose eigenvalues are real and in order.
    frequencies, vectors = np.linalg.eigh(-1j * (normal + np.eye(size) / 2))
    half = size // 2
    return frequencies[half:], vectors[:, half:]
