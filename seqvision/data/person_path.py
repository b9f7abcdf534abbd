"""The path that a person gave."""

import reprlib
from pathlib import Path

from seqvision.errors import DataError


def person_path(path: str) -> Path:
    """The path that a person gave, `~` expanded.

    Raises:
        DataError: it does not exist.
    """
    try:
        found = Path(path).expanduser()
        if found.exists():
            return found
    except (OSError, RuntimeError) as error:  # Too long for a name; or no such person's ~.
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DataError(f"{reprlib.repr(path)}: no such file or folder: {reason}") from None
    raise DataError(f"{path}: no such file or folder")
