"""The command that repeats runs."""

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from seqvision.config import load_config, zoo_names
from seqvision.config.schema import Config
from seqvision.config.train import NO_EFFECT
from seqvision.errors import SeqvisionError
from seqvision.formatting import ranges
from seqvision.publishing.own_paths import without_folders

CONFIG = "config.yaml"
_MOST_OVERRIDES = 4
_NO_EFFECT = {f"train.{key}" for key in NO_EFFECT}


def repeating(config: Config, seeds: Sequence[int]) -> str:
    """The command that repeats the runs of a config: by the zoo's name where it says all, else by
    the file `config.yaml` beside the weights.
    """
    of_zoo = _of_zoo(config)
    words = [CONFIG] if of_zoo is None else [config.name, *of_zoo]
    return shlex.join(["seqvision", "run", *words, "--seeds", ranges(seeds)])


def _of_zoo(config: Config) -> list[str] | None:
    """The overrides that make this config of the zoo's of its name; None if a few will not do."""
    if config.name not in zoo_names():
        return None
    mine, theirs = config.resolved(), load_config(config.name).resolved()
    differing = [
        (path, value)
        for section in ("data", "model", "train")
        for path, value in _differing(mine[section], theirs[section], section)
        if path not in _NO_EFFECT
    ]
    try:
        overrides = [_override(path, value) for path, value in differing]
        same = load_config(config.name, overrides).hash == config.hash
    except SeqvisionError:
        return None
    if not same or len(differing) > _MOST_OVERRIDES:
        return None
    shown = [_override(path, without_folders(value)) for path, value in differing]
    return [word for override in shown for word in ("--set", override)]


def _override(path: str, value: Any) -> str:
    return f"{path}={value if isinstance(value, str) else json.dumps(value)}"


def _differing(mine: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The paths at which two mappings differ, and the first's values."""
    if not isinstance(mine, dict) or not isinstance(theirs, dict) or mine.keys() != theirs.keys():
        if mine != theirs:
            yield path, mine
        return
    for key, value in mine.items():
        yield from _differing(value, theirs[key], f"{path}.{key}")
