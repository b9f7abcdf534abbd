"""Samples that were read from one place, ready for a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Held:
    """The samples of a file or an array, as a model reads them.

    Attributes:
        samples: of images `(n, *shape)`; of series each `(steps, features)`, float32, NaN where
            nothing was observed.
        labels: `(n,)`, as the file has them: names, or numbers; None if it has none.
        names: what the file calls each; if None, they are known by their numbers, from 0.
        errors: why some cannot be answered, by their numbers.
    """

    samples: Sequence[np.ndarray] | np.ndarray
    labels: np.ndarray | None = None
    names: Sequence[str] | None = None
    errors: Mapping[int, str] = field(default_factory=dict)
