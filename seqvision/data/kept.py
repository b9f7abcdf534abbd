"""What was decoded once, of the files of a folder, kept for later runs and other processes."""

import contextlib
import hashlib
import json
import logging
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqvision.cache_folder import cache_folder
from seqvision.data.array_cache import ArrayCache, Fill, Kept, RowType
from seqvision.errors import SeqvisionError

log = logging.getLogger("seqvision")

_LIMIT = "SEQVISION_CACHE_GB"
"""The environment variable that says how large the cache may be; 0 is none."""
_USUAL = 50.0  # GB


def kept(
    folder: Path,
    files: Sequence[Path],
    about: list[Any],
    rows: RowType,
    fill: Fill,
    source: str,
    octets: int = 0,
) -> Kept | None:
    """An array made of files, mapped from the cache, `$SEQVISION_CACHE/decoded`.

    None if there is no cache, or, with a warning, if it cannot be written.

    Args:
        folder: that holds the files.
        about: all else that the array depends on, plain data: options, and versions of libraries.
        rows: what `fill` writes.
        source: where the files come from, in words.
        octets: how many bytes the array takes, as far as it is known.

    Raises:
        DataError: what `fill` raises.
    """
    if not (limit := cache_limit()):
        return None
    cache = ArrayCache(cache_folder("decoded"), limit)
    try:
        return cache.get(_key(folder, files, about), rows, octets, fill, source)
    except OSError as error:
        reason = error.strerror or error
        log.warning("%s: what was decoded is not kept in %s: %s", source, cache.folder, reason)
        return None


def cache_limit() -> float:
    """The most bytes that are kept: `$SEQVISION_CACHE_GB`, or 50 GB.

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


def _key(folder: Path, files: Sequence[Path], about: list[Any]) -> str:
    """A hash of all that an array depends on.

    Raises:
        OSError: a file is gone.
    """
    digest = hashlib.sha256(json.dumps([str(folder.resolve()), about], sort_keys=True).encode())
    within = len(os.fsencode(folder / "x")) - 1
    for file in files:
        stat, name = file.stat(), os.fsencode(file)[within:]
        digest.update(name + f"\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:32]
