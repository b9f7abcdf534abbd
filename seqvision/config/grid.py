"""A config's `grid:` spans a sweep: one config for each combination of values."""

import hashlib
import itertools
import math
import re
from typing import Any

from seqvision.config.load import Source, put, read_source, validated
from seqvision.config.plain import Overrides, override_texts
from seqvision.config.schema import LONGEST_NAME, Config
from seqvision.errors import ConfigError

_MOST_POINTS = 10_000
_NOT_IN_NAMES = ("data.resample", "data.fold")
"""Paths of which all points are one model, tested with other samples of the same data."""


def load_configs(source: Source, overrides: Overrides = ()) -> list[Config]:
    """Return the configs that a file, a zoo name or plain data stands for.

    Without a `grid:` that is one config. With one, such as
    `grid: {model.cell: [gru, lstm], model.scan: [rows, columns]}`, it is one for each combination,
    the last path changing fastest, named after its values: `mine-gru-rows`, of which a hash takes
    the place where that is too long. Resamples and folds of the data are no part of the name, so
    that they are runs of one model.

    Args:
        overrides: `path=value` texts or a mapping, applied before the grid's values.

    Raises:
        ConfigError: with the place in the file, that of the grid's value if that is wrong.
    """
    overrides = override_texts(overrides)
    whole = validated(read_source(source, overrides))
    if not whole.grid:
        return [whole]
    if (size := math.prod(map(len, whole.grid.values()))) > _MOST_POINTS:
        raise ConfigError(f"{whole.name}: grid: {size:,} points are more than a sweep holds")
    configs, points = [], set()
    for point in itertools.product(*(enumerate(values) for values in whole.grid.values())):
        document = read_source(source, overrides)
        words = {}
        for path, (place, value) in zip(whole.grid, point, strict=True):
            put(document, path.split("."), value, document.position(("grid", path, place)))
            words[path] = _in_words(path, value)
        document.values.pop("grid")
        named = [each for path, each in words.items() if path not in _NOT_IN_NAMES]
        document.values["name"] = _shortened("-".join([whole.name, *named]))
        configs.append(validated(document))
        points.add(tuple(words.values()))
    if len(points) < len(configs):
        raise ConfigError(f"{whole.name}: grid: two of its points are the same")
    return configs


def _shortened(name: str) -> str:
    """A name, or its beginning and a hash of all of it."""
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9]}-{digest}"


def _in_words(path: str, value: Any) -> str:
    """How a value reads within a name: `gru`, `200x200`, `dropout0.1`, `reverse-true`."""
    key = path.rpartition(".")[2]
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, dict):
        name, *rest = [value.get("name", ""), *(k for k in value if k != "name")]
        return "-".join(filter(None, [_plain(str(name)), *(_in_words(k, value[k]) for k in rest)]))
    if isinstance(value, list):
        return "x".join(_in_words("", each) for each in value)
    if isinstance(value, (bool, type(None))):
        return f"{key}-{value}".lower()
    return f"{key}{value}"


def _plain(text: str) -> str:
    """Text with only those characters that are safe in the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-")
