"""The user's own series in a table: CSV or Parquet, a row a series or a row a step."""

import re
from functools import partial
from typing import Literal

import numpy as np

from seqvision.data import DATASETS
from seqvision.data.base import Dataset
from seqvision.data.make_series import Part, make_series
from seqvision.data.notes import Notes
from seqvision.data.part_names import PART_NAMES
from seqvision.data.tables.labels_table import Labels, read_labels
from seqvision.data.tables.read import read_table
from seqvision.data.tables.told import Told
from seqvision.errors import DataError
from seqvision.options import FilePath, Rate


@DATASETS.register("csv", kind="series")
def csv(
    path: FilePath,
    layout: Literal["wide", "long"] | None = None,
    id: str | None = None,
    time: str | None = None,
    label: str | None = None,
    group: str | None = None,
    split: str | None = None,
    features: list[str] | None = None,
    labels: FilePath | None = None,
    test: Rate | FilePath | None = None,
    sort: bool = False,
) -> Dataset:
    """Your own series in a table, CSV or Parquet: a row is a series (wide) or a step (long).

    A wide table has one feature: beside the label, each column is a step, in order; cells that are
    empty at the end of a row are padding. A long one has a column of ids, which tell the series of
    a row, one of times and one for each feature. An empty cell is a value that was not observed.
    CSV is text in UTF-8, plain or gzipped, with a header; commas, semicolons or tabs are told
    by it.

    Columns are known by their usual names in any case, such as `id`, `time`, `timestamp`,
    `label`, `class`, `group`, `subject` and `split`. The log says which was taken for what.

    Args:
        path: the file.
        layout: `long` if not given and there are columns of ids and of times; else `wide`.
        id: the column that names the series of a row; texts or numbers.
        time: the column of times, numbers or ISO dates, which must not go back within a series.
            Without it steps are in the order of the rows.
        label: the column of labels; the same in each row of a series.
        group: the column that tells what a series comes from, such as a person; no split divides
            it.
        split: the column that tells `train`, `test` and `validation` apart.
        features: the columns of features or, in a wide table, of steps; all others if not given.
        labels: another table, of a row for each id, which has the label, group and split.
        test: the share of each class that is kept for testing, a fifth if not given; or another
            table like `path`, of test series.
        sort: whether the steps of a series are sorted by their times if these go back.

    Raises:
        DataError: a file does not exist, is damaged, or a row is wrong; with its line.
    """
    notes = Notes(path)
    given = {"id": id, "time": time, "label": label, "group": group, "split": split}
    about = None if labels is None else read_labels(labels, given)
    read = partial(
        read_table, layout=layout, given=given, features=features, about=about, sort=sort
    )
    tables = {"training": read(path, notes=notes)}
    if isinstance(test, str):
        of_test = Notes(test)
        tables["test"] = read(test, notes=of_test, like=tables["training"])
        notes.sentences += [f"{test}: {sentence}" for sentence in of_test.sentences]
        test = None
    parts: dict[str, Part] = {}
    for part, told in tables.items():
        for name, found in _parts(told, about, part).items():
            if name in parts:
                raise DataError(f"{told.table.path}: has {name} series, and so has {path}")
            parts[name] = found
    if "training" not in parts:
        raise DataError(f"{path}: no row is of the split 'train'")
    if about:
        about.say_unused(tables.values(), notes)
    first = tables["training"]
    names = first.features if first.layout == "long" else None
    name = f"csv:{first.table.file.name}"
    return make_series(name, parts, path, test=test, notes=notes, features=names)


def _parts(told: Told, about: Labels | None, default: str) -> dict[str, Part]:
    """The series of a table by `training`, `test` and `validation`.

    All are `default` if it tells no split.

    Raises:
        DataError: there are no series, or some have no label or another split.
    """
    count = len(told.series)
    if not count:
        raise DataError(f"{told.table.path}: has no rows below its header")
    every = about.of(told) if about else told.facts.of(range(count))
    splits = np.array([PART_NAMES.get(name.lower(), name) for name in every.get("split", ())])
    for number, name in enumerate(splits.tolist()):
        if name not in PART_NAMES.values():
            where, of_id = told.place(number)
            raise DataError(
                f"{where}: {of_id or 'the series'} is of the split {name!r}, expected train, test "
                "or validation"
            )
    parts = {}
    for part in np.unique(splits) if len(splits) else [default]:
        taken = np.flatnonzero(splits == part) if len(splits) else np.arange(count)
        groups = every.get("group")
        parts[str(part)] = Part(
            [told.series[n] for n in taken],
            _labels([every["label"][n] for n in taken]),
            [groups[n] for n in taken] if groups else None,
            lambda n, taken=taken: told.place(int(taken[n])),
        )
    return parts


def _labels(labels: list[str]) -> np.ndarray:
    """Labels `(n,)`: whole numbers if they are written as such, else texts."""
    whole = all(re.fullmatch(r"0|-?[1-9][0-9]{0,14}", label) for label in labels)
    return np.array(labels, np.int64 if whole else str)
