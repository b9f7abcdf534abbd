"""The pictures of a folder, decoded once and kept for later runs and other processes."""

import contextlib
import hashlib
import json
import logging
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL

from seqvision.cache_folder import cache_folder
from seqvision.data.array_cache import ArrayCache, Write
from seqvision.data.decoding import decode
from seqvision.data.rows import Rows
from seqvision.errors import SeqvisionError
from seqvision.memory import check_fits

log = logging.getLogger("seqvision")

_LIMIT = "SEQVISION_CACHE_GB"
"""The environment variable that says how large the cache may be; 0 is none."""
_USUAL = 50.0  # GB
_FORMAT = 1
"""Counted up when the same files would be decoded to other pixels."""


def decoded(
    folder: Path, files: Sequence[Path], options: dict[str, Any], source: str
) -> tuple[Rows, dict[str, Any]]:
    """Pictures and what is known of them, as `decoding.decode` returns it.

    They are mapped from a file in the cache, `$SEQVISION_CACHE/pictures`; they are in memory if
    there is none, or it cannot be written.

    Args:
        folder: that holds the files.
        options: of `read_picture`.
        source: where the pictures come from, in words.

    Raises:
        DataError: a picture cannot be read.
        SeqvisionError: they are to be in memory, and do not fit.
    """
    shape = (len(files), *options["size"], *((3,) if options["color"] == "rgb" else ()))

    def fill(write: Write) -> dict[str, Any]:
        return decode(files, options, write, source)

    if limit := cache_limit():
        cache = ArrayCache(cache_folder("pictures"), limit)
        try:
            kept = cache.get(_key(folder, files, options), shape, fill, source)
            return Rows(kept.array, remembered=kept.remembered), kept.facts
        except OSError as error:
            reason = error.strerror or error
            log.warning("%s: decoded pictures are not kept in %s: %s", source, cache.folder, reason)
    height, width = options["size"]
    check_fits(math.prod(shape), f"{source}: {len(files):,} pictures of {height}×{width} pixels")
    array = np.empty(shape, np.uint8)

    def write(start: int, images: np.ndarray) -> None:
        array[start : start + len(images)] = images

    facts = fill(write)
    return Rows(array), facts


def cache_limit() -> float:
    """The most bytes of decoded pictures that are kept: `$SEQVISION_CACHE_GB`, or 50 GB.

    Raises:
        SeqvisionError: the variable is no such number.
    """
    text = os.environ.get(_LIMIT) or str(_USUAL)
    with contextlib.suppress(ValueError):
        if 0 <= (gigabytes := float(text)) < math.inf:
            return 1e9 * gigabytes
    raise SeqvisionError(f"{_LIMIT} is {text!r}: expected a number of gigabytes, 0 for no cache")


@contextlib.contextmanager
def no_cache() -> Iterator[None]:
    """Within it this process, and those it starts, neither read nor write the cache."""
    before = os.environ.get(_LIMIT)
    os.environ[_LIMIT] = "0"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_LIMIT, None)
        else:
            os.environ[_LIMIT] = before


def _key(folder: Path, files: Sequence[Path], options: dict[str, Any]) -> str:
    """A hash of all that decoded pictures depend on.

    Raises:
        OSError: a file is gone.
    """
    about = [_FORMAT, PIL.__version__, str(folder.resolve()), options]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    within = len(os.fsencode(folder / "x")) - 1
    for file in files:
        stat, name = file.stat(), os.fsencode(file)[within:]
        digest.update(name + f"\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:32]
