"""The commands that repeat runs over datasets: a few, however many runs there are."""

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from seqvision.config import load_config, zoo_names
from seqvision.config.schema import Config
from seqvision.errors import SeqvisionError
from seqvision.formatting import ranges
from seqvision.publishing.own_paths import without_folders
from seqvision.publishing.repeat import CONFIG, override, overrides_of

_PROBLEM = "data.dataset.problem"
_NUMBERS = ("data.resample", "data.fold")


class _Over(NamedTuple):
    """What a command runs over, and what it overrides for all of that."""

    overrides: tuple[str, ...]
    seeds: str
    path: str
    """One of `_NUMBERS`."""
    numbers: tuple[int, ...]
    problems: tuple[str, ...]
    """The sets of the archive; none if the dataset is another."""


def commands(records: pd.DataFrame) -> list[str]:
    """The commands that repeat all finished runs.

    They name configs of the zoo, or else that of a model's first run, and what differs from it.
    Models that run alike share a command.
    """
    finished = records[records["status"] == "finished"]
    models: dict[_Over, list[str]] = defaultdict(list)
    alone: list[str] = []
    for name, runs in finished.groupby("name"):
        of_configs = runs.groupby("config_hash", sort=False)
        files = {str(h): Path(f, CONFIG) for h, f in of_configs["folder"].first().items()}
        seeds = {str(h): ranges(own) for h, own in of_configs["seed"]}
        source = str(name if name in zoo_names() else next(iter(files.values())))
        found, others = _of_model(source, files, seeds)
        for over in found:
            models[over].append(source)
        alone += [
            shlex.join(["seqvision", "run", str(files[h]), "--seeds", seeds[h]]) for h in others
        ]
    return [_command(sources, over) for over, sources in sorted(models.items())] + alone


def _of_model(
    source: str, files: dict[str, Path], seeds: dict[str, str]
) -> tuple[Iterator[_Over], list[str]]:
    """What the commands of a model run over, and the hashes of configs which none of them gives.

    Resamples that are alike in all else are gathered, and then datasets.
    """
    numbers: dict[tuple[tuple[str, ...], str, str, str], list[int]] = defaultdict(list)
    others = []
    base = _loaded(source)
    for config_hash, file in files.items():
        config = _loaded(file)
        found = overrides_of(config, base) if config and base else None
        if config is None or found is None or config.hash != config_hash:
            others.append(config_hash)
            continue
        path = _NUMBERS[bool(config.data.folds)]
        number = found.pop(path, 0)
        found.pop(_PROBLEM, None)
        shared = tuple(override(each, without_folders(value)) for each, value in found.items())
        numbers[shared, seeds[config_hash], path, _problem(config)].append(number)
    problems: dict[tuple[tuple[str, ...], str, str, tuple[int, ...]], list[str]] = defaultdict(list)
    for (shared, of_seeds, path, problem), of_numbers in numbers.items():
        problems[shared, of_seeds, path, tuple(sorted(of_numbers))].append(problem)
    return (_Over(*key, tuple(filter(None, sorted(own)))) for key, own in problems.items()), others


def _command(sources: list[str], over: _Over) -> str:
    """One command; a loop around it if it is for several datasets."""
    sets, (first, *more) = [*over.overrides], over.numbers
    if more:
        sets.append(f"grid={{{over.path}: {json.dumps(over.numbers)}}}")
    elif first:  # 0 is the default.
        sets.append(f"{over.path}={first}")
    if len(over.problems) == 1:
        sets.append(f"{_PROBLEM}={over.problems[0]}")
    one = shlex.join(["seqvision", "run", *sources, *(w for s in sets for w in ("--set", s))])
    end = shlex.join(["--seeds", over.seeds])
    if len(over.problems) < 2:
        return f"{one} {end}"
    names = shlex.join(over.problems)
    return f"for problem in {names}; do\n  {one} --set {_PROBLEM}=$problem {end}\ndone"


def _problem(config: Config) -> str:
    """Which set of an archive a config reads; nothing if another dataset."""
    dataset = config.resolved()["data"]["dataset"]
    return dataset.get("problem") or "" if isinstance(dataset, dict) else ""


def _loaded(source: str | Path) -> Config | None:
    try:
        return load_config(source)
    except SeqvisionError:  # Its file is gone, or an older seqvision wrote it.
        return None
