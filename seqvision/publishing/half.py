"""Files of weights in half precision, the same bytes each time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-2
"""How far a logit may be from that of the weights in single precision."""


def write_half(source: Path, target: Path) -> None:
    """Copy a `.weights.h5` file with numbers of single precision in half precision.

    Keras loads it into a model of single precision. In h5py's default layout a file holds no
    times, so equal weights give equal bytes; in that of `libver="v108"`, a third smaller, it does.
    """
    import h5py

    with h5py.File(source, "r") as there, h5py.File(target, "w") as here:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                values = item[()]
                values = values.astype(np.float16) if values.dtype == np.float32 else values
                copied = here.create_dataset(name, data=values)
            else:
                copied = here.require_group(name)
            for key, value in item.attrs.items():
                copied.attrs[key] = value

        there.visititems(copy)


@dataclass(frozen=True)
class Rounding:
    """What rounding weights to half precision changed on the test images.

    Attributes:
        apart: the largest difference of a logit.
        right: how many images are right with rounded weights.
        right_before: with those of single precision.
    """

    apart: float
    right: int
    right_before: int

    def too_much(self) -> str | None:
        """Why the logits are too far apart; None if they are not."""
        if self.apart <= TOLERANCE:  # False where one is NaN, too.
            return None
        return f"a logit differs by {self.apart:.3g}, more than {TOLERANCE:g}"

    def anything(self) -> str | None:
        """Why single precision is better; None if it is not."""
        if self.right == self.right_before:
            return self.too_much()
        changed = f"{self.right:,} images are right in place of {self.right_before:,}"
        return self.too_much() or changed


def rounding(single: np.ndarray, half: np.ndarray, labels: np.ndarray) -> Rounding:
    """Compare the logits `(n, classes)` of weights in single and in half precision.

    Args:
        labels: `(n,)`.
    """
    right = [int((logits.argmax(axis=1) == labels).sum()) for logits in (half, single)]
    return Rounding(float(np.abs(single - half).max()), *right)
