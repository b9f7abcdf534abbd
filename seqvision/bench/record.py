"""Records of measurements: a JSON file for each piece of work, its contenders and processor."""

import hashlib
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.runs.files import write_json

_USUAL = {"KERAS_BACKEND": "tensorflow", "SEQVISION_ENGINE": "", "SEQVISION_NATIVE": "1"}
"""Variables that choose what is measured, and what they are where nothing was said."""


def command_of(
    config: str,
    own: Sequence[str],
    against: Sequence[str],
    overrides: Sequence[str] = (),
    steps: int | None = None,
) -> str:
    """The command that measures a config again, however it was typed; a page finds it by that."""
    said = {name: os.environ.get(name) or usual for name, usual in _USUAL.items()}
    words = [f"{name}={value}" for name, value in said.items() if value != _USUAL[name]]
    words += ["seqvision", "bench", config]
    words += [] if steps is None else ["--steps", str(steps)]
    for override in overrides:
        words += ["--set", override]
    return shlex.join([*words, "--as", ",".join(own), "--against", ",".join(against)])


def write_record(folder: Path, record: dict[str, Any]) -> Path:
    """Write a record; that of the same command on the same processor makes way for it."""
    of = json.dumps([record["command"], record["environment"]["processor"]])
    name = f"{record['work']['name']}-{hashlib.sha256(of.encode()).hexdigest()[:8]}.json"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / name, record)
    return folder / name


def read_records(folder: Path) -> list[dict[str, Any]]:
    """The records of a folder, by the names of their files; none if it holds none.

    Raises:
        SeqvisionError: a file is no such record.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            contenders, processor = record["contenders"], record["environment"]["processor"]
            if not (record["command"] and record["measured"].keys() >= set(contenders)):
                raise ValueError
            processor["cores"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise SeqvisionError(f"{path}: is no record of seqvision bench") from None
        found.append(record)
    return found
