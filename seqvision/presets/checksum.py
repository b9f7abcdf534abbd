"""Whether a file is the one that is meant: by its SHA-256, on each use."""

import hashlib
from pathlib import Path

from seqvision.errors import SeqvisionError


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, expected: str | None) -> None:
    """Check that a file has the SHA-256 that is expected, if one is.

    Raises:
        SeqvisionError: it has another, or cannot be read.
    """
    if expected is None:
        return
    try:
        found = sha256(path)
    except OSError as error:
        raise SeqvisionError(f"weights: {path} cannot be read: {error.strerror}") from None
    if found != expected:
        raise SeqvisionError(
            f"weights: {path} is not the file that is meant, or is damaged: its SHA-256 is "
            f"{found[:12]}…, not {expected[:12]}…"
        )
