"""The sounds of a folder as series of features, decoded once."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from seqvision.data.array_cache import RowType, Write
from seqvision.data.decoding import decode
from seqvision.data.kept import kept
from seqvision.data.series import Series
from seqvision.data.sound.features import SoundFeatures

_FORMAT = 1
"""Counted up when the same files would be decoded to other numbers."""
_BLOCK = 2**22  # bytes of files


def decoded(
    folder: Path, files: Sequence[Path], made: SoundFeatures
) -> tuple[Series, dict[str, list[int]]]:
    """The series of each file, and of each its `rates`, in Hz, and its number of `channels`.

    Their values are mapped from a file in the cache; they are in memory if there is none.

    Args:
        folder: that holds the files.
        made: of the sounds.

    Raises:
        DataError: a file cannot be read, the first of those that cannot.
    """
    row = RowType((made.size,), np.dtype(np.float32))

    def fill(write: Write) -> dict[str, Any]:
        every = defaultdict[str, list[int]](list)
        at_once = _BLOCK * len(files) // max(1, sum(file.stat().st_size for file in files))
        reader = "seqvision.data.sound.features"
        for values, known in decode(files, reader, made.options, at_once, made.source):
            write(values)
            for name, numbers in known.items():
                every[name] += numbers
        return dict(every)

    about = [_FORMAT, scipy.__version__, made.options]
    if found := kept(folder, files, about, row, fill, made.source):
        values, known = found.array, found.facts
    else:
        parts: list[np.ndarray] = []
        known = fill(parts.append)
        values = np.concatenate(parts)
    lengths = np.array(known["lengths"], np.int64)
    return Series(values, lengths), known
