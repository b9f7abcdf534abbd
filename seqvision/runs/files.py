"""Writes files that are either complete or not there."""

import csv
import json
import math
import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqvision.errors import SeqvisionError

if TYPE_CHECKING:
    import numpy as np

_WAITS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between tries to replace a file."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a temporary file next to `path`, then rename it."""
    # The suffix stays last: Keras chooses a format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("r+b") as file:  # Windows syncs only what may be written.
            os.fsync(file.fileno())
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _replace(temporary: Path, path: Path) -> None:
    """Rename a file to `path`; on Windows, wait until nobody reads what is there."""
    for seconds in _WAITS:
        try:
            temporary.replace(path)
            return
        except PermissionError:  # A reader, or a virus scanner, is soon done.
            time.sleep(seconds)
    temporary.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; NaN and infinity, which JSON does not have, become null."""
    value = _finite_or_none(value)
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str, allow_nan=False)
    write_atomically(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def _finite_or_none(value: Any) -> Any:
    """A value with None for each number in it that is not finite."""
    if isinstance(value, dict):
        return {key: _finite_or_none(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite_or_none(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_yaml(path: Path, value: dict[str, Any], comment: Iterable[str] = ()) -> None:
    """Write plain data as YAML, atomically, below the lines of a comment."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None  # Short lists and mappings on one line.
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]

    def write(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(f"# {line}\n" for line in comment)
            yaml.dump(value, file)

    write_atomically(path, write)


def write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table, atomically."""

    def write(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)

    write_atomically(path, write)


def check_writable(folder: Path) -> None:
    """Check, without creating anything, that a folder can be created and written to.

    Raises:
        SeqvisionError: it cannot.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise SeqvisionError(f"{folder}: cannot be written: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise SeqvisionError(f"{folder}: cannot be written: {there} may not be written in")


def copy_atomically(source: Path, path: Path) -> None:
    """Put a copy of a file at `path`."""
    write_atomically(path, lambda temporary: shutil.copyfile(source, temporary))


def read_arrays(path: Path) -> dict[str, "np.ndarray"]:
    """The arrays of a NumPy archive, by name; nothing is unpickled.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no archive, or a damaged one.
    """
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as archive:
            # NumPy does not verify an array's checksum.
            if damaged := archive.zip.testzip():
                raise ValueError(f"{damaged} is damaged")
            return dict(archive)
    except (TypeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"no archive of arrays: {error}") from None
