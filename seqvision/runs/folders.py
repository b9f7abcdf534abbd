"""The folders of runs of one name, `<results>/<name>/<config hash>-s<seed>`, and their renaming.

A run whose data or parent has been replaced is kept as `<config hash>-s<seed>-<origin>`.
"""

import hashlib
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from seqvision.config import Config, load_config
from seqvision.errors import Busy, ConfigError, SeqvisionError
from seqvision.runs.files import write_json
from seqvision.runs.lock import locked
from seqvision.runs.parent import recorded
from seqvision.runs.record import read_record

log = logging.getLogger("seqvision")

_RUN = re.compile(r"([0-9a-f]{8})-s(\d+)(-[0-9a-f]{8})?")


@dataclass(frozen=True)
class RunFolder:
    """A run's folder and the config that it holds."""

    path: Path
    config: Config
    seed: int


def runs_of(home: Path) -> Iterator[RunFolder]:
    """The runs in `<results>/<name>`, except those whose config is not valid today."""
    for path in sorted(home.iterdir()) if home.is_dir() else ():
        match = _RUN.fullmatch(path.name)
        if match and (config := _config_of(path)):
            yield RunFolder(path, config, int(match[2]))


def rename_former(home: Path) -> None:
    """Give runs in `<results>/<name>` the hash that their configs have today.

    Earlier versions hashed all options, and so have other hashes for the same configs.
    """
    for run in runs_of(home):
        today = home / f"{run.config.hash}{run.path.name[8:]}"
        if today.exists():  # Most often the folder itself.
            continue
        try:
            with locked(run.path):
                _rename(run.path, today)
        except (Busy, OSError):  # It is running, or another process has renamed it.
            continue


def origin(checksum: str, parent: str) -> str:
    """What a run learned from, in hex: its data's checksum, joined with its parent's if any."""
    return hashlib.sha256(f"{checksum} {parent}".encode()).hexdigest() if parent else checksum


def make_place(folder: Path, of: str) -> None:
    """Set aside a run of another origin, and bring back an earlier run of this one.

    Args:
        folder: the run's, locked.
        of: the origin of the run to perform.

    Raises:
        SeqvisionError: there is a run of that other origin set aside already.
    """
    there = origin_of(folder)
    if there in (None, of):
        return
    aside, before = (folder.with_name(f"{folder.name}-{c[:8]}") for c in (there, of))
    if aside.exists():
        raise SeqvisionError(f"{aside}: is in the way of {folder}, which is of the same data")
    log.warning(
        "%s: is of other data or another parent than its config names now; kept as %s",
        folder,
        aside.name,
    )
    _rename(folder, aside)
    if before.exists():
        log.warning("%s: is of these, and taken back", before)
        _rename(before, folder)
    folder.mkdir(exist_ok=True)


def read_state(checkpoint: Path) -> dict[str, Any]:
    """The state of the run in a checkpoint; empty if there is none, or it cannot be read."""
    try:
        with np.load(checkpoint, allow_pickle=False) as archive:
            return json.loads(archive["state"].tobytes())
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return {}


def _rename(path: Path, to: Path) -> None:
    path.rename(to)
    if record := read_record(to):
        names = {"run_id": f"{to.parent.name}/{to.name}", "config_hash": to.name[:8]}
        write_json(to / "record.json", record | names)


def _config_of(folder: Path) -> Config | None:
    record = read_record(folder) or {}
    try:
        return Config.model_validate(record.get("config") or load_config(folder / "config.yaml"))
    except (ConfigError, ValidationError):
        return None


def origin_of(folder: Path) -> str | None:
    """What the run in a folder learned from; None if it is not known."""
    record = read_record(folder) or {}
    if checksum := record.get("dataset", {}).get("checksum"):
        return origin(checksum, recorded(record) or "")
    state = read_state(folder / "checkpoint.npz")
    return origin(state["data"], state.get("parent", "")) if state.get("data") else None
