"""Problems of the UEA and UCR archives by name."""

from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from seqvision.data import DATASETS
from seqvision.data.archives.archive_files import Files
from seqvision.data.archives.arff_format import read_arff
from seqvision.data.archives.labelled_series import Reader, series_dataset
from seqvision.data.archives.ts_format import has_classes, read_ts
from seqvision.data.archives.tsv_format import read_tsv
from seqvision.data.base import Dataset
from seqvision.data.files import data_folder
from seqvision.data.left_behind import left_behind
from seqvision.errors import DataError, DataUnavailable, did_you_mean

_READERS: dict[str, Reader] = {
    ".ts": read_ts,
    ".arff": read_arff,
    ".tsv": read_tsv,
    ".txt": read_tsv,
}
"""By the ending of a file; of several formats the first is read."""
_COLLECTIONS = (
    *("archive", "Multivariate_ts", "Univariate_ts", "UCRArchive_2018"),
    *("Multivariate_arff", "Univariate_arff", ""),
)
"""Folders in `$SEQVISION_DATA` that hold folders of problems, named as the archives unpack."""
_WHEELS = ("aeon", "sktime")
_IN_A_WHEEL = ("datasets/data", "datasets/local_data")
"""What it ships, and what its user has downloaded with it."""


@DATASETS.register("archive", kind="series")
def archive(problem: str) -> Dataset:
    """A problem of the UEA and UCR archives of time series, with its own training and test series.

    Looked for in `$SEQVISION_DATA`, in a folder of its name: there, in `archive/`, or in what the
    archives unpack to, such as `Multivariate_ts/` and `UCRArchive_2018/`. Then in the installed
    wheels of aeon and sktime, which hold a dozen (`pip install 'seqvision[archive]'`). Bagnall et
    al. 2018, arXiv 1811.00075; Dau et al. 2019, arXiv 1810.07758.

    Args:
        problem: its name, such as `JapaneseVowels`.

    Raises:
        DataUnavailable: it is in none of these places.
        DataError: its files are damaged.
    """
    for place, where in _places():
        if problem in _folders(place) and (found := _files(place / problem)):
            files, read = found
            names = " and ".join(path.name for path in files.parts.values())
            return series_dataset(problem, files, read, f"{names} {where}")
    there = sorted({name for place, _ in _places() for name in _problems(place)}, key=str.lower)
    raise DataUnavailable(
        f"archive: problem {problem!r} is not on this machine{did_you_mean(problem, there)} "
        f"(there are: {', '.join(there) or 'none'})",
        f"Put {problem}_TRAIN.ts and {problem}_TEST.ts into $SEQVISION_DATA/archive/{problem}/, "
        "get a dozen problems by pip install 'seqvision[archive]'",
    )


def _places() -> Iterator[tuple[Path, str]]:
    """The folders that hold folders of problems, and in words where that is."""
    for name in _COLLECTIONS:
        if folder := data_folder(name):
            yield folder, f"in $SEQVISION_DATA/{name}".rstrip("/")
    for name in _WHEELS:
        spec = find_spec(name)  # Which finds a package and does not import it.
        for root in (spec and spec.submodule_search_locations) or ():
            for inside in _IN_A_WHEEL:
                if (folder := Path(root) / inside).is_dir():
                    yield folder, f"of {name} {_version(name)}".rstrip()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # A folder of its source.
        return ""


def _folders(place: Path) -> list[str]:
    """The names of the folders, and of files, in a place.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return [path.name for path in place.iterdir() if not left_behind(path.name)]
    except OSError as error:
        raise DataError(f"{place}: cannot be read: {error.strerror}") from None


def _files(folder: Path) -> tuple[Files, Reader] | None:
    """A problem's training and test file, and what reads them; None if one is missing."""
    for ending, read in _READERS.items():
        for packed in ("", ".gz"):
            parts = {
                part: folder / f"{folder.name}_{word}{ending}{packed}"
                for part, word in (("training", "TRAIN"), ("test", "TEST"))
            }
            if all(path.is_file() for path in parts.values()):
                return Files(folder.name, parts), read
    return None


def _problems(place: Path) -> Iterator[str]:
    """The names of the problems in a place, but for those of numbers to predict."""
    for name in _folders(place):
        if found := _files(place / name):
            files, read = found
            if read is not read_ts or has_classes(files.parts["training"]):
                yield name
