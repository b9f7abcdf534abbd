"""Keeps to oneself where files lie on one's machine."""

from pathlib import Path
from typing import Any


def without_folders(values: Any) -> Any:
    """Plain data in which paths of a person's machine, `/home/me/x.npz`, are names, `x.npz`.

    Which file it was is said by the checksum of its samples.
    """
    if isinstance(values, dict):
        return {key: without_folders(value) for key, value in values.items()}
    if isinstance(values, list):
        return [without_folders(value) for value in values]
    if isinstance(values, str) and (Path(values).is_absolute() or values.startswith(("~", ".."))):
        return Path(values).name
    return values
