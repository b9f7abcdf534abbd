"""Finds the files of a set of series, which archives name X_TRAIN.ts and X_TEST.ts."""

import re
from dataclasses import dataclass
from pathlib import Path

from seqvision.data.left_behind import left_behind
from seqvision.data.notes import some
from seqvision.errors import DataError

_NAME = re.compile(
    r"((?P<set>.*)[-_. ])?(?P<part>train|test)(ing)?(?P<ending>\.\w+)?(\.gz)?", re.IGNORECASE
)
_PARTS = {"train": "training", "test": "test"}


@dataclass(frozen=True)
class Files:
    """The files of one set."""

    name: str
    parts: dict[str, Path]
    """By `training` and `test`; of a set in one file that file is `training`."""


def find_files(path: Path, endings: tuple[str, ...], test: float | None) -> Files:
    """The files of a folder; of a training file and the test file beside it; or one file alone.

    Args:
        path: the folder or file.
        endings: of the files' names in a folder, such as `.ts`; the first that occurs is taken.
        test: the share of series that is held out where there is no test file.

    Raises:
        DataError: a file is missing, or it is not clear which are meant.
    """
    files = _of_folder(path, endings) if path.is_dir() else _of_file(path)
    training = files.parts["training"]
    if "test" not in files.parts and test is None and _NAME.fullmatch(training.name):
        raise DataError(
            f"{training}: there is no test file beside it; `test: 0.2` holds out a fifth of its "
            "series"
        )
    return files


def sets(folder: Path, ending: str) -> dict[str, Files]:
    """The sets in a folder whose files are named as parts, by their names in small letters.

    Of two copies of a file the unpacked one is taken.

    Raises:
        DataError: the folder cannot be read.
    """
    found: dict[str, Files] = {}
    for path in _files(folder, ending):
        if match := _NAME.fullmatch(path.name):
            name = match["set"] or folder.resolve().name
            files = found.setdefault(name.lower(), Files(name, {}))
            files.parts.setdefault(_PARTS[match["part"].lower()], path)
    return found


def with_its_test_file(path: Path) -> list[Path]:
    """A file and, if it is named as a training file is, the test file beside it."""
    return sorted({path, *_beside(path).values()})


def _of_file(path: Path) -> Files:
    match = _NAME.fullmatch(path.name)
    if not match:
        return Files(_stem(path), {"training": path})
    if match["part"].lower() == "test":
        raise DataError(f"{path}: a test file; expected the training file, or the folder of both")
    return Files(match["set"] or path.resolve().parent.name, {**_beside(path), "training": path})


def _of_folder(folder: Path, endings: tuple[str, ...]) -> Files:
    ending = next((each for each in endings if _files(folder, each)), endings[0])
    every = sets(folder, ending)
    trained = [files for files in every.values() if "training" in files.parts]
    own = every.get(folder.resolve().name.lower())
    if own in trained:
        return own
    if len(trained) == 1:
        return trained[0]
    if trained:
        names = some([files.parts["training"].name for files in trained])
        raise DataError(f"{folder}: holds several sets; name the training file of one: {names}")
    alone = _files(folder, ending)
    if len(alone) == 1 and not every:
        return _of_file(alone[0])
    raise DataError(
        f"{folder}: expected X_TRAIN{ending} and X_TEST{ending}, "
        f"found {some([path.name for path in alone]) or f'no file *{ending}'}"
    )


def _beside(path: Path) -> dict[str, Path]:
    """The parts of the set that a file belongs to; none if it is not named as a part is."""
    match = _NAME.fullmatch(path.name)
    if not match:
        return {}
    name = match["set"] or path.resolve().parent.name
    every = sets(path.parent, match["ending"] or "")
    return every[name.lower()].parts if name.lower() in every else {}


def _files(folder: Path, ending: str) -> list[Path]:
    """The files of an ending, or of that and `.gz`: the unpacked ones first, then by name."""
    try:
        paths = [path for path in folder.iterdir() if not left_behind(path.name)]
        found = [p for p in paths if _plain(p).endswith(ending.lower()) and p.is_file()]
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror}") from None
    return sorted(found, key=lambda path: (path.suffix.lower() == ".gz", path.name))


def _plain(path: Path) -> str:
    return path.name.lower().removesuffix(".gz")


def _stem(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).stem
