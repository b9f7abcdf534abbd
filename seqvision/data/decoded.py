"""The pictures of a folder as rows of pixels, decoded once."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from seqvision.data.array_cache import RowType, Write
from seqvision.data.decoding import decode
from seqvision.data.kept import kept
from seqvision.data.rows import Rows
from seqvision.memory import check_fits

_FORMAT = 2
"""Counted up when the same files would be decoded to other pixels."""
_BLOCK = 2**22  # bytes of pixels


def decoded(
    folder: Path, files: Sequence[Path], options: dict[str, Any], source: str
) -> tuple[Rows, dict[str, Any]]:
    """Pictures, and to how many of them each remark of `read_picture` applies, `remarks`.

    Their highest pixel is `highest`. They are mapped from a file in the cache; they are in memory
    if there is none.

    Args:
        folder: that holds the files.
        options: of `read_picture`.
        source: where the pictures come from, in words.

    Raises:
        DataError: a picture cannot be read, the first of those that cannot.
        SeqvisionError: they are to be in memory, and do not fit.
    """
    (height, width), channels = options["size"], (3,) if options["color"] == "rgb" else ()
    row = RowType((height, width, *channels), np.dtype(np.uint8))
    octets = len(files) * math.prod(row.shape)

    def fill(write: Write) -> dict[str, Any]:
        remarks, highest = Counter[str](), 0
        at_once = _BLOCK // math.prod(row.shape)
        for images, said in decode(files, "seqvision.data.pictures", options, at_once, source):
            write(images)
            remarks.update(said["remarks"])
            highest = max(highest, int(images.max()))
        return {"remarks": dict(remarks), "highest": highest}

    about = [_FORMAT, PIL.__version__, options]
    if found := kept(folder, files, about, row, fill, source, octets):
        return Rows(found.array, remembered=found.remembered), found.facts
    check_fits(octets, f"{source}: {len(files):,} pictures of {height}×{width} pixels")
    array, end = np.empty((len(files), *row.shape), row.dtype), 0

    def write(images: np.ndarray) -> None:
        nonlocal end
        array[end : end + len(images)] = images
        end += len(images)

    facts = fill(write)
    return Rows(array), facts
