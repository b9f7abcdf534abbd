"""Files of weights in half precision, the same bytes each time."""

from pathlib import Path
from typing import Any

import numpy as np

TOLERANCE = 1e-2
"""How far a logit may be from that of the weights in single precision."""


def write_half(source: Path, target: Path) -> None:
    """Copy a `.weights.h5` file with numbers of single precision in half precision.

    Keras loads it into a model of single precision. HDF5 files of h5py hold no times, so equal
    weights give equal bytes.
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


def half_will_do(single: np.ndarray, half: np.ndarray, labels: np.ndarray) -> str | None:
    """Why weights in half precision won't do; None if they will.

    Args:
        single, half: the logits `(n, classes)` with weights in single and in half precision.
        labels: `(n,)`.
    """
    apart = float(np.abs(single - half).max())
    if not apart <= TOLERANCE:  # Nor where one is NaN.
        return f"a logit differs by {apart:.3g}, more than {TOLERANCE:g}"
    right = [int((logits.argmax(axis=1) == labels).sum()) for logits in (single, half)]
    if right[0] != right[1]:
        return f"{right[1]:,} images are right in place of {right[0]:,}"
    return None
