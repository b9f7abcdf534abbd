"""Values given in Python, as a config file would hold them."""

import reprlib
from collections.abc import Mapping
from os import PathLike, fspath
from types import NoneType
from typing import Any

from seqvision.errors import ConfigError

_DEEPEST = 30


def plain(value: Any, path: tuple[str | int, ...] = (), *, all_of_it: bool = False) -> Any:
    """Return a value made of what a YAML or JSON file can hold.

    Tuples, ranges and arrays become lists, NumPy's numbers Python's, and a `Path` a text.

    Args:
        path: where the value is, for messages.
        all_of_it: refuse whatever a file could not hold, such as a Keras object.

    Raises:
        ConfigError: a key is no text, a whole number has more than 64 bits, or lists and mappings
            are nested too deeply.
    """
    where = ".".join(map(str, path)) or "config"
    if len(path) > _DEEPEST:
        raise ConfigError(f"{path[0]}: nested too deeply; does it hold itself?")
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise ConfigError(f"{where}: expected text for a key, got {key!r}")
        return {k: plain(v, (*path, k), all_of_it=all_of_it) for k, v in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(v, (*path, i), all_of_it=all_of_it) for i, v in enumerate(value)]
    if isinstance(value, PathLike):
        return fspath(value)
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ConfigError(f"{where}: {value:.3e} is beyond whole numbers of 64 bits")
    if all_of_it and not isinstance(value, (str, int, float, NoneType)):
        raise ConfigError(f"{where}: {reprlib.repr(value)} is nothing that a config can hold")
    return value
