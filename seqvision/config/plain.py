"""What a person gives in Python, as a config file would have given it."""

from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any

from seqvision.errors import ConfigError

_DEEPEST = 30


def plain(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Return a value with tuples, ranges and arrays as lists, NumPy's numbers as Python's, and a
    `Path` as text. What is none of these is left for the validation to judge.

    Raises:
        ConfigError: a key is no text, a whole number has more than 64 bits, or lists and mappings
            are nested too deeply.
    """
    if len(path) > _DEEPEST:
        raise ConfigError(f"{path[0]}: nested too deeply; does it hold itself?")
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                where = ".".join(map(str, path)) or "config"
                raise ConfigError(f"{where}: expected text for a key, got {key!r}")
        return {str(key): plain(inner, (*path, key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(inner, (*path, place)) for place, inner in enumerate(value)]
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        where = ".".join(map(str, path)) or "config"
        raise ConfigError(f"{where}: {value:.3e} is beyond whole numbers of 64 bits")
    return value
