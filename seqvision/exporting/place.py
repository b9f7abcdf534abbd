"""Where an export is written: whole, checked and with its sidecar, or not at all."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError, did_you_mean
from seqvision.exporting.files import beside, files_of, second_file
from seqvision.exporting.formats import FORMATS
from seqvision.runs.files import check_writable, write_json


def format_of(path: Path, name: str | None) -> str:
    """The format that is asked for, or that the ending of a file says.

    Raises:
        SeqvisionError: it is unknown, or not the one of the ending.
    """
    endings = {e: FORMATS.entry(e).card["ending"] for e in FORMATS.names()}
    if name is None:
        for each, ending in endings.items():
            if ending and path.name.endswith(ending):
                return each
        known = ", ".join(f"{n} ({e or 'a folder'})" for n, e in endings.items())
        raise SeqvisionError(f"{path}: the ending says no format; name one with `to`: {known}")
    if name not in endings:
        near = did_you_mean(str(name), endings)
        raise SeqvisionError(f"unknown format {name!r}{near} (known: {', '.join(endings)})")
    if endings[name] and path.suffix != endings[name]:
        raise SeqvisionError(f"{path}: a file for {name} ends in {endings[name]}")
    if not endings[name] and path.suffix in endings.values() and path.suffix:
        raise SeqvisionError(f"{path}: {name} is a folder, whose name does not end like a file's")
    return name


def check_place(path: Path, force: bool) -> None:
    """Check that a file can be written.

    Raises:
        SeqvisionError: something is there and `force` is not given, or its folder is not writable.
    """
    taken = [each for each in (path, beside(path), *second_file(path)) if each.exists()]
    if taken and not force:
        raise SeqvisionError(f"{taken[0]}: exists; --force (force=True) replaces it")
    if path.is_dir() and not (path / "saved_model.pb").is_file() and any(path.iterdir()):
        raise SeqvisionError(f"{path}: is a folder of other things, which is not replaced")
    check_writable(path.parent)


def write_checked(path: Path, make: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Have `make` write `path`'s files into an empty folder beside it, and say its sidecar.

    Only when it has returned are they moved into place; if it raises, nothing is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = path.with_name(f".{path.name}.{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        said = make(folder / path.name)
        beside(path).unlink(missing_ok=True)
        made = folder / path.name
        if made.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            made.replace(path)
        else:
            for each in reversed(files_of(made)):  # The main one last.
                each.replace(path.parent / each.name)
        write_json(beside(path), said)
        return said
    finally:
        shutil.rmtree(folder, ignore_errors=True)
