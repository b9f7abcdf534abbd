"""The user's own series, a table each: a folder of such files for each class."""

from pathlib import Path

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset
from seqvision.data.class_folders import class_folders
from seqvision.data.folders import Survey
from seqvision.data.make_series import Part, Place, make_series
from seqvision.data.notes import Notes
from seqvision.data.person_path import person_path
from seqvision.data.tables.read import read_one
from seqvision.data.tables.told import Told
from seqvision.options import FilePath, Rate

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq")


@DATASETS.register("csv_folder", kind="series")
def csv_folder(
    path: FilePath,
    time: str | None = None,
    group: str | None = None,
    features: list[str] | None = None,
    test: Rate | None = None,
    sort: bool = False,
) -> Dataset:
    """Your own series, one in a file: tables in `train/<class>/…` and `test/<class>/…`.

    Or `<class>/…` alone. A file is CSV or Parquet, as `csv` reads it; each row is a step, and each
    column of numbers a feature, which all files have, in any order. A class's files may lie in
    folders within its own. Beside `train` and `test` there may be `val` (or `validation`), whose
    files are then used for validation.

    Args:
        path: the folder.
        time: the column of times, known by its usual name if not given. Without it steps are in
            the order of the rows.
        group: the column that tells what a series comes from, such as a person, the same in each
            row of a file; no split divides it.
        features: the columns of features; all others if not given.
        test: without a `test` folder, the share of each class that is kept for testing; 0.2 if not
            given.
        sort: whether the steps of a series are sorted by their times if these go back.

    Raises:
        DataError: a folder has no tables, a file is damaged or a row wrong, with its line; or files
            have other columns.
    """
    folder = person_path(path)
    notes, survey = Notes(path), Survey(folder, "tables", _is_table)
    files = class_folders(folder, survey)
    survey.say(notes)
    given = {"time": time, "group": group}
    classes = tuple(files["training"])
    parts: dict[str, Part] = {}
    first: Told | None = None
    otherwise: list[str] = []
    for part, found in files.items():
        told, labels = [], []
        for label, name in enumerate(classes):
            for file in found.get(name, ()):
                of_file = notes if first is None else Notes(str(file), logged=False)
                told.append(read_one(str(file), given, features, of_file, first, sort))
                labels.append(label)
                first = first or told[0]
                new = [said for said in of_file.sentences if said not in notes.sentences]
                otherwise += [f"{file}: {'; '.join(new)}"] if new else []
        parts[part] = Part(
            [one.series[0] for one in told],
            np.array(labels),
            _groups(told),
            [Place(one.table.path) for one in told].__getitem__,
        )
    if otherwise:
        more = f" (and the like of {len(otherwise) - 1:,} more)" if len(otherwise) > 1 else ""
        notes.warning(otherwise[0] + more)
    assert first is not None  # `class_folders` finds a file of each class, or raises.
    name = f"csv_folder:{folder.name}"
    return make_series(name, parts, path, classes, test=test, notes=notes, features=first.features)


def _is_table(file: Path) -> bool:
    return file.name.lower().endswith(_ENDINGS)


def _groups(told: list[Told]) -> list[str] | None:
    """What each series comes from, where the first tells; files of other columns are refused."""
    if "group" not in told[0].facts.known:
        return None
    return [one.facts.known["group"][0] for one in told]
