"""Files that are either whole or not there, and a lock on a run's folder."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from seqvision.errors import Busy, SeqvisionError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a temporary file beside `path`, then put it in its place at once."""
    # The suffix stays last: Keras chooses a format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Find out, without making anything, whether a folder can be made and written in.

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


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder and hold it for this process; the lock goes when the process goes.

    Raises:
        Busy: another process holds it.
        SeqvisionError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".lock").open("a")
    except OSError as error:
        raise SeqvisionError(f"{folder}: cannot be written: {error.strerror}") from None
    with file:
        # Whoever asks `is_locked` holds the lock for an instant.
        if not any(_lock(file) or time.sleep(0.05) for _ in range(5)):
            raise Busy(f"{folder}: another process is at this run")
        yield


def is_locked(folder: Path) -> bool:
    """Whether a process, this one included, holds a folder."""
    try:
        with (folder / ".lock").open("a") as file:
            return not _lock(file)
    except OSError:  # There is no such folder yet.
        return False


def _lock(file: Any) -> bool:
    """Lock an open file, until it is closed, unless somebody else has."""
    try:
        import fcntl
    except ImportError:  # On Windows nobody is kept out.
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
