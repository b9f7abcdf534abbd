"""Which data a config names today: the state of its files and, to be sure, its checksum."""

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from seqvision.data.archives.archive_files import with_its_test_file
from seqvision.data.files import nothing_downloaded
from seqvision.data.loading import load
from seqvision.data.resampling import Resampling
from seqvision.specs import name_and_options

Spec = str | dict[str, Any]


def files_stamp(spec: Spec) -> str | None:
    """A hash of names, sizes and modification times of the files that a dataset's options name.

    While it stays the same, so does the data. None for a dataset whose options name no file.
    """
    _, options = name_and_options(spec)
    named = [path for value in options.values() if (path := _path_there(value))]
    if not named:
        return None
    digest = hashlib.sha256()
    for path in named:
        for file in sorted(path.rglob("*")) if path.is_dir() else with_its_test_file(path):
            stat = file.stat()
            if not file.is_dir():
                name = os.path.relpath(file, path)
                digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _path_there(value: Any) -> Path | None:
    """The file or folder that an option's value names, if it names one."""
    try:
        path = Path(value).expanduser() if isinstance(value, str) else None
        return path if path and path.exists() else None
    except (OSError, RuntimeError):  # Too long for a name; or no such person's ~.
        return None


def checksum_today(
    spec: Spec, offline: Spec | None = None, resampling: Resampling | None = None
) -> str:
    """The checksum of the dataset that a run would load now; nothing is downloaded.

    Raises:
        DataUnavailable: it is not on this machine, nor is `offline`.
        DataError: its files are missing or damaged.
    """
    specs = json.dumps([spec, offline])
    return _checksum(specs, resampling or Resampling(), files_stamp(spec))


@lru_cache(maxsize=64)
def _checksum(specs: str, resampling: Resampling, stamp: str | None) -> str:
    """Cached for each `stamp`, so that files are read again after they changed."""
    spec, offline = json.loads(specs)
    with nothing_downloaded():
        return load(spec, offline, resampling).checksum
