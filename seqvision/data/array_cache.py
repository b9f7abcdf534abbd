"""Arrays in files, which later runs and other processes map into memory and so share.

An array is `<key>.npy` and, written after it, `<key>.json` with what is known of it, whose time of
change is that of the last use. Nothing is pickled.
"""

import contextlib
import errno
import json
import logging
import os
import shutil
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from seqvision.formatting import size as octets

log = logging.getLogger("seqvision")

Write = Callable[[np.ndarray], None]
"""Takes the next rows of an array."""
Fill = Callable[[Write], dict[str, Any]]
"""Writes all rows; returns what is known of them, plain data."""

_SPARE = 2**30  # bytes of the disk, left to others


class RowType(NamedTuple):
    """What all rows of an array are like."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass
class Kept:
    """An array in a file."""

    array: np.ndarray
    """Mapped, read-only."""
    facts: dict[str, Any]
    """What `fill` returned."""
    path: Path
    about: dict[str, Any]
    """What its `.json` file holds."""

    def remembered(self, name: str, make: Callable[[], str]) -> str:
        """A text that depends on the array and the name alone; it is made once."""
        texts = self.about["remembered"]
        if name not in texts:
            texts[name] = make()
            with contextlib.suppress(OSError):
                if self.path.exists():  # Else it was removed to make room.
                    _keep(self.path, self.about)
        return texts[name]


class ArrayCache:
    """Arrays in files of a folder.

    Args:
        limit: the bytes that all files take at most; those that were not used longest go first.
    """

    def __init__(self, folder: Path, limit: float):
        self.folder, self.limit = folder, limit

    def get(self, key: str, rows: RowType, octets: int, fill: Fill, what: str) -> Kept:
        """The array of a key, which is made if it is not there or damaged.

        While one process makes it, others wait.

        Args:
            rows: what `fill` writes.
            octets: how many bytes they take, as far as it is known before.
            what: it holds, for those who wait.

        Raises:
            OSError: it cannot be kept: the disk is full, or the folder cannot be written.
        """
        path = self.folder / f"{key}.npy"
        if found := self._found(path, rows):
            return found
        self.folder.mkdir(parents=True, exist_ok=True)
        with _alone(FileLock(path.with_suffix(".lock"), thread_local=False), what):
            if found := self._found(path, rows):  # Made by another process meanwhile.
                return found
            _drop(path)
            self._clear_up(key)
            self._make_room(octets)
            about = _write(path, rows, fill, self._make_room)
            _keep(path, about)
            return _sound(path, rows, about)

    def _found(self, path: Path, rows: RowType) -> Kept | None:
        """The array in a file if it is there and sound; a warning if it is not sound."""
        try:
            text = path.with_suffix(".json").read_text("utf-8")
            found = _sound(path, rows, _read(text))
        except ValueError as error:
            log.warning("%s: damaged, and made anew: %s", path, error)
            return None
        except OSError:
            return None
        with contextlib.suppress(OSError):  # Where it may only be read.
            os.utime(path.with_suffix(".json"))
        return found

    def _clear_up(self, own: str) -> None:
        """Remove what processes that were killed have left, by whether anyone holds its lock.

        Args:
            own: the key whose lock this process holds.
        """
        for part in self.folder.glob("*.part"):
            key = part.name.partition(".")[0]
            lock = FileLock(self.folder / f"{key}.lock", timeout=0)
            free = contextlib.nullcontext() if key == own else lock
            with contextlib.suppress(OSError, NotImplementedError), free:
                part.unlink()

    def _make_room(self, size: int, written: int = 0) -> None:
        """Remove what was not used longest.

        Args:
            written: how many of so many bytes are on the disk.

        Raises:
            OSError: there is no room whatever is removed.
        """
        held: dict[Path, int] = {}
        for path in sorted(self.folder.glob("*.npy"), key=_used):
            with contextlib.suppress(OSError):  # Removed by another process meanwhile.
                held[path] = path.stat().st_size
        there = shutil.disk_usage(self.folder).free + written + sum(held.values())
        limit = min(self.limit, there - _SPARE)
        if size > limit:
            raise OSError(
                errno.ENOSPC, f"they take {octets(size)}, and there is room for {octets(limit)}"
            )
        while sum(held.values()) + size > limit:
            path = next(iter(held))
            log.info("%s: removed, to make room for others", path)
            _drop(path)
            with contextlib.suppress(OSError):
                path.with_suffix(".lock").unlink()
            del held[path]


@contextlib.contextmanager
def _alone(lock: FileLock, what: str) -> Iterator[None]:
    """Hold a lock; where the file system has none, go on without."""
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.info("%s: another process is decoding them, which this one waits for", what)
            lock.acquire(poll_interval=0.1)
    except (OSError, NotImplementedError):
        log.debug("%s: no lock is to be had", lock.lock_file)
    try:
        yield
    finally:
        lock.release()


def _write(
    path: Path, rows: RowType, fill: Fill, make_room: Callable[[int, int], None]
) -> dict[str, Any]:
    """Write an array under a temporary name, then rename it; return what its `.json` holds."""
    temporary = path.with_suffix(f".{os.getpid()}.part")
    checks: list[list[int]] = []
    try:
        with temporary.open("wb") as file:
            _write_header(file, rows, 0)

            def write(some: np.ndarray) -> None:
                content = np.ascontiguousarray(some, rows.dtype).reshape(-1).view(np.uint8).data
                checks.append([len(some), zlib.crc32(content)])
                file.write(content)

            facts = fill(write)
            file.seek(0)
            _write_header(file, rows, sum(count for count, _ in checks))
            file.flush()
            os.fsync(file.fileno())
        stat = temporary.stat()
        make_room(stat.st_size, stat.st_size)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return {
        "facts": facts,
        "octets": stat.st_size,
        "changed": stat.st_mtime_ns,
        "checks": checks,
        "remembered": {},
    }


def _write_header(file: BinaryIO, rows: RowType, count: int) -> None:
    """Write that of so many rows; NumPy leaves space in it for any number of them."""
    shape, descr = (count, *rows.shape), np.lib.format.dtype_to_descr(rows.dtype)
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


def _sound(path: Path, rows: RowType, about: dict[str, Any]) -> Kept:
    """The array in a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not what was written.
    """
    stat = path.stat()
    if stat.st_size != about["octets"]:
        raise ValueError(f"{stat.st_size:,} bytes in place of {about['octets']:,}")
    array = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    if array.shape[1:] != tuple(rows.shape) or array.dtype != rows.dtype:
        raise ValueError(f"an array of {array.shape}, {array.dtype}")
    if stat.st_mtime_ns != about["changed"]:  # It was copied here, or somebody has changed it.
        start = 0
        for count, expected in about["checks"]:
            if zlib.crc32(array[start : start + count].reshape(-1).data) != expected:
                raise ValueError(f"rows from {start:,} are others than were written")
            start += count
        about = {**about, "changed": stat.st_mtime_ns}
        with contextlib.suppress(OSError):
            _keep(path, about)
    return Kept(array, about["facts"], path, about)


def _keep(path: Path, about: dict[str, Any]) -> None:
    """Write what is known of an array beside it, atomically."""
    temporary = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        temporary.write_text(json.dumps({"check": _check(about), "about": about}), "utf-8")
        temporary.replace(path.with_suffix(".json"))
    finally:
        temporary.unlink(missing_ok=True)


def _read(text: str) -> dict[str, Any]:
    """What `_keep` has written.

    Raises:
        ValueError: it is damaged.
    """
    try:
        content = json.loads(text)
        if content["check"] == _check(content["about"]):
            return content["about"]
    except (ValueError, KeyError, TypeError):
        pass
    raise ValueError("its .json file is not what was written")


def _check(about: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(about, sort_keys=True).encode())


def _drop(path: Path) -> None:
    """Remove an array. Whoever has mapped it keeps what is mapped."""
    for ending in (".json", ".npy"):
        with contextlib.suppress(OSError):  # Windows removes nothing that is in use.
            path.with_suffix(ending).unlink(missing_ok=True)


def _used(path: Path) -> float:
    """When an array was used last."""
    for of in (path.with_suffix(".json"), path):
        with contextlib.suppress(OSError):
            return of.stat().st_mtime
    return 0.0
