"""A lock on a run's folder, held by one process at a time and released when that ends."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from seqvision.errors import Busy, SeqvisionError

log = logging.getLogger("seqvision")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder and hold it for this process.

    The lock is a file next to the folder, so the folder may be renamed meanwhile. Where the file
    system has no locks, nobody is kept out, and a warning says so.

    Raises:
        Busy: another process holds it.
        SeqvisionError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeqvisionError(f"{folder}: cannot be written: {error.strerror}") from None
    # Whoever asks `is_locked` holds the lock for an instant.
    lock = FileLock(_beside(folder), timeout=0.25, thread_local=False)
    try:
        lock.acquire(poll_interval=0.05)
    except Timeout:
        raise Busy(f"{folder}: another process is performing this run") from None
    except (OSError, NotImplementedError) as error:
        _warn_no_locks(folder.parent, str(error))
    try:
        yield
    finally:
        lock.release()


def is_locked(folder: Path) -> bool:
    """Whether a process, this one included, holds a folder."""
    if not folder.is_dir():
        return False
    try:
        with FileLock(_beside(folder), timeout=0):
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):  # Nobody can hold anything here.
        return False


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.lock")


@cache
def _warn_no_locks(folder: Path, reason: str) -> None:
    log.warning(
        "%s: cannot be locked (%s); see to it that no two processes perform the same run",
        folder,
        reason,
    )
