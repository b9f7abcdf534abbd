"""Values given in Python, as a config file would hold them."""

import json
import math
import re
import reprlib
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from types import NoneType
from typing import Any

from seqvision.errors import ConfigError

Overrides = Iterable[str] | Mapping[str, Any]
"""What is changed of a config: `"train.epochs=1"`, several such, or `{"train.epochs": 1}`."""

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


def override_texts(overrides: Overrides) -> list[str]:
    """The `path=value` texts that overrides are, or stand for."""
    if isinstance(overrides, Mapping):
        values = plain(overrides, ("overrides",), all_of_it=True)
        return [f"{path}={in_yaml(value)}" for path, value in values.items()]
    return [overrides] if isinstance(overrides, str) else list(overrides)


def in_yaml(value: Any) -> str:
    """Plain data on one line of YAML, within a list or a mapping on one line too."""
    named = isinstance(value, str) and re.fullmatch(r"(\.{0,2}/|[A-Za-z_])[A-Za-z0-9./_-]*", value)
    if named and value.lower() not in ("true", "false", "null"):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value:+}".replace("inf", ".inf").replace("+nan", ".nan")
    quoted = json.dumps(value, ensure_ascii=False, default=str)  # JSON's quotes are YAML's too.
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in quoted)
