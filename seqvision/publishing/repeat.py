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
    """The command that repeats the runs of a config.

    By the zoo's name where it says all, else by the file `config.yaml` beside the weights.
    """
    found = None
    if config.name in zoo_names():
        found = overrides_of(config, load_config(config.name))
    words = [CONFIG]
    if found is not None and len(found) <= _MOST_OVERRIDES:
        sets = [override(path, without_folders(value)) for path, value in found.items()]
        words = [config.name, *(word for each in sets for word in ("--set", each))]
    return shlex.join(["seqvision", "run", *words, "--seeds", ranges(seeds)])


def overrides_of(config: Config, base: Config) -> dict[str, Any] | None:
    """The values by their paths that make a config of another one; None if that cannot be."""
    mine, theirs = config.resolved(), base.resolved()
    found = {
        path: value
        for section in ("data", "model", "train")
        for path, value in _differing(mine[section], theirs[section], section)
        if path not in _NO_EFFECT
    }
    try:
        made = load_config(base, [override(path, value) for path, value in found.items()])
    except SeqvisionError:
        return None
    return found if made.hash == config.hash else None


def override(path: str, value: Any) -> str:
    """What `--set` is given."""
    return f"{path}={value if isinstance(value, str) else json.dumps(value)}"


def _differing(mine: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The paths at which two mappings differ, and the first's values."""
    if not isinstance(mine, dict) or not isinstance(theirs, dict) or mine.keys() != theirs.keys():
        if mine != theirs:
            yield path, mine
        return
    for key, value in mine.items():
        yield from _differing(value, theirs[key], f"{path}.{key}")
