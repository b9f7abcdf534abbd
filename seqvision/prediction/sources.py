"""What a person names to have answered: files, folders, patterns, standard input."""

import glob
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqvision.data.folders import Survey
from seqvision.data.left_behind import left_behind
from seqvision.data.notes import Notes, some
from seqvision.data.pictures import is_picture
from seqvision.errors import DataError, SeqvisionError
from seqvision.prediction.image_files import ImageFile, image_file, of_idx_folder
from seqvision.prediction.series_files import SeriesFile, series_file


@dataclass(frozen=True)
class SampleFile:
    """A file of one sample: a picture or, of a model of series, sound.

    Attributes:
        folders: the names of the folders it lies in, the innermost first, up to the one that the
            person named; one of them may be its class.
    """

    path: Path
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A path from stdin that does not exist."""

    name: str
    error: str


class Stdin:
    """Paths on standard input, one a line, answered as they come."""


Found = SampleFile | ImageFile | SeriesFile | Missing | Stdin


_FILES = {
    "image": "pictures, .npz or IDX files",
    "series": ".csv, .parquet, .npz or .wav files",
}


def find(sources: Sequence[str | os.PathLike[str]], kind: str = "image") -> list[Found]:
    """What the sources stand for, in their order.

    Args:
        kind: of samples that the model reads, `image` or `series`.

    Raises:
        SeqvisionError: one of them does not exist, or a folder or pattern holds no such files.
    """
    found: list[Found] = []
    for source in sources:
        if str(source) == "-":
            if any(isinstance(each, Stdin) for each in found):
                raise SeqvisionError("-: standard input can be read once only")
            found.append(Stdin())
        else:
            found += _of(os.fspath(source), kind)
    if not found:
        raise SeqvisionError(f"no sources: name {_FILES[kind]}, folders, or - for stdin")
    return found


def of_line(line: bytes, kind: str = "image") -> list[Found]:
    """What a line of standard input stands for; nothing if it is empty."""
    name = os.fsdecode(line.rstrip(b"\r\n"))
    if not name:
        return []
    try:
        return _of(name, kind, patterns=False)
    except SeqvisionError as error:
        return [Missing(name, reason(str(error), name))]


def shown(path: str | Path) -> str:
    """A path as text: bytes that are not UTF-8 become `\\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def reason(message: str, name: str) -> str:
    """An error's message without the name of the file that it begins with."""
    return message.removeprefix(f"{name}: ")


def _of(source: str, kind: str, *, patterns: bool = True) -> list[Found]:
    try:
        path = Path(source).expanduser()
        if path.is_dir():
            return _of_folder(path, kind)
        if path.exists():
            return [_of_file(path, kind)]
    except (OSError, RuntimeError, ValueError) as error:  # Too long, no such ~, or a NUL in it.
        text = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise DataError(f"{source}: no such file or folder: {text}") from None
    if not patterns or not glob.has_magic(source):
        raise DataError(f"{source}: no such file or folder")
    # Path.glob wants a folder to begin in, which a pattern need not have.
    matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207
    paths = [Path(each) for each in matches if not left_behind(Path(each).name)]
    # `**` finds the files of a folder that it finds too.
    paths = [each for each in paths if each.is_file()] if "**" in source else paths
    if not paths:
        raise DataError(f"{source}: no file is called so")
    found: list[Found] = []
    for each in paths:
        found += _of_folder(each, kind) if each.is_dir() else [_of_file(each, kind)]
    return found


def _of_folder(folder: Path, kind: str) -> list[Found]:
    surveys = list(_surveys(folder, kind))
    files = next((files for survey in surveys if (files := survey.files(folder))), [])
    if not files:
        if kind == "image" and (images := of_idx_folder(folder)):
            return [images]
        raise DataError(f"{folder}: holds no {surveys[-1].what}")
    survey = next(survey for survey in surveys if survey.read)
    if survey.others:
        notes = Notes(shown(folder))
        notes.info(f"{len(survey.others):,} no {survey.what}, passed over: {some(survey.others)}")
    own = folder.resolve().name
    return [
        _of_file(path, kind, (*reversed(path.relative_to(folder).parts[:-1]), own))
        for path in files
    ]


def _surveys(folder: Path, kind: str) -> Iterator[Survey]:
    """What to look for in a folder; the first that is there is answered."""
    if kind == "image":
        yield Survey(folder, "pictures", is_picture)
        return
    from seqvision.data.sound.wav import is_wav  # scipy, which takes a moment.

    yield Survey(folder, "WAV files", is_wav)
    yield Survey(folder, "files of series", lambda path: series_file(path) is not None)


def _of_file(path: Path, kind: str, folders: tuple[str, ...] | None = None) -> Found:
    folders = folders or (path.resolve().parent.name,)
    several = series_file(path, folders) if kind == "series" else image_file(path)
    return several or SampleFile(path, folders)


def lines() -> Iterator[bytes]:
    """The lines of standard input, each as soon as it is there."""
    try:
        descriptor = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):  # It is no file, as in a notebook.
        yield from (line.encode() for line in sys.stdin or ())
        return
    # Not through sys.stdin's buffer: Python waits for its lock at exit, which a thread that waits
    # for a line holds.
    rest = b""
    while piece := os.read(descriptor, 65536):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest
