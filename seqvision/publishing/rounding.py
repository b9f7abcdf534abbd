"""Small files of weights: rounded as far as it shows nowhere, the same bytes each time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-2
"""How far a logit may be from that of the weights as they were trained."""

FRACTIONS = (10, 11, 12, 13, 14, 16)
"""The bits of a weight's fraction to try, of the 23 that float32 has. Those with 10 fit into
float16; others stay float32, whose remaining bits are zero and take no room when compressed."""

_FLOAT32 = 23


def write_weights(source: Path, target: Path, fraction: int | None = None) -> str:
    """Copy a `.weights.h5` file, compressed, with numbers of single precision rounded.

    Keras loads it into a model of single precision. In h5py's default layout a file holds no
    times, so equal weights give equal bytes; in that of `libver="v108"`, a third smaller, it does.

    Args:
        fraction: the bits to keep, one of `FRACTIONS`; all of them if not given.

    Returns:
        The type of the numbers: `float16` or `float32`.
    """
    import h5py

    with h5py.File(source, "r") as there, h5py.File(target, "w") as here:

        def copy(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                values = item[()]
                if values.dtype == np.float32 and fraction:
                    values = rounded(values, fraction)
                # In chunks, as compressed ones are, small arrays take more room.
                packed = {"compression": 9, "shuffle": True} if values.nbytes > 16_000 else {}
                copied = here.create_dataset(name, data=values, **packed)
            else:
                copied = here.require_group(name)
            for key, value in item.attrs.items():
                copied.attrs[key] = value

        there.visititems(copy)
    return "float16" if fraction == FRACTIONS[0] else "float32"


def rounded(values: np.ndarray, fraction: int) -> np.ndarray:
    """float32 numbers to the nearest with so many bits of fraction; float16 for 10."""
    if fraction == FRACTIONS[0]:
        with np.errstate(over="ignore"):  # Infinite ones show in the logits.
            return values.astype(np.float16)
    bits = values.view(np.uint32)
    dropped = _FLOAT32 - fraction
    # Half of what is dropped is added; ties go to the even one, as everywhere.
    odd = (bits >> dropped) & 1
    return ((bits + (1 << (dropped - 1)) - 1 + odd) >> dropped << dropped).view(np.float32)


@dataclass(frozen=True)
class Rounding:
    """What rounding weights changed on the test images.

    Attributes:
        fraction: the bits of fraction that were kept.
        apart: the largest difference of a logit.
        right: how many images are right with rounded weights.
        right_before: with those as they were trained.
    """

    fraction: int
    apart: float
    right: int
    right_before: int

    def hindrance(self) -> str | None:
        """Why the weights may not be rounded so; None if they may."""
        if not self.apart <= TOLERANCE:  # True where one is NaN, too.
            return f"a logit differs by {self.apart:.3g}, more than {TOLERANCE:g}"
        if self.right != self.right_before:
            return f"{self.right:,} images are right in place of {self.right_before:,}"
        return None


def compare(fraction: int, before: np.ndarray, after: np.ndarray, labels: np.ndarray) -> Rounding:
    """Compare the logits `(n, classes)` before and after weights are rounded; labels are `(n,)`."""
    right = [int((logits.argmax(axis=1) == labels).sum()) for logits in (after, before)]
    return Rounding(fraction, float(np.abs(before - after).max()), *right)
