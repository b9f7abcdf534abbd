"""Reads the series of a table, wide or long, with or without their labels."""

from collections.abc import Sequence

from seqvision.data.notes import Notes, some
from seqvision.data.tables.columns import Columns
from seqvision.data.tables.labels_table import Labels
from seqvision.data.tables.long_table import read_long
from seqvision.data.tables.table import Table
from seqvision.data.tables.told import WHAT, Layout, Told
from seqvision.data.tables.wide_table import read_wide
from seqvision.errors import DataError


def read_table(
    path: str,
    layout: Layout | None,
    given: dict[str, str | None],
    features: Sequence[str] | None,
    notes: Notes,
    about: Labels | None = None,
    like: Told | None = None,
    sort: bool = False,
) -> Told:
    """The series of a table, each of which has a label.

    Args:
        layout: as a person gave it; told by the columns if not.
        given: the names of columns that a person gave, by what they are.
        features: the names of the features' columns, or of the steps'; all others if not given.
        about: what another table tells of the series.
        like: the training series, whose layout and features these should have.
        sort: whether the steps of a series are sorted if their times go back.

    Raises:
        DataError: a column is missing, or a cell is wrong; with its line.
    """
    table = _opened(path, notes)
    if about:
        given = _without(given, table, WHAT)
    columns = Columns(table, given, features)
    if layout is None:
        ordered = "time" in columns.of and ("id" in columns.of or given["time"] is not None)
        layout = like.layout if like else "long" if ordered else "wide"
    ignored = _passed_over(columns, layout, WHAT if about else (), notes)
    if about is None:
        columns.needed("label", "which each series has, unless `labels` names another table")
    else:
        columns.needed("id", f"by which labels are looked up in {about.table.path}")
    found = columns.features(*ignored)
    if layout == "wide":
        return read_wide(columns, found, notes)
    if like:
        _check_same(found, like, path)
    return read_long(columns, like.features if like else found, notes, sort=sort)


def read_one(
    path: str,
    given: dict[str, str | None],
    features: Sequence[str] | None,
    notes: Notes,
    like: Told | None = None,
    sort: bool = False,
) -> Told:
    """The one series of a table whose rows are its steps, without its label.

    Args:
        given: the names of the columns of times and groups, as far as a person gave them.
        features, like, sort: as in `read_table`; `like` is the first of several.

    Raises:
        DataError: a column is missing, a cell is wrong, or there are no rows.
    """
    columns = Columns(_opened(path, notes), {"id": None, "label": None, **given}, features)
    ignored = _passed_over(columns, "long", ("id", "label"), notes)
    found = columns.features(*ignored)
    if like:
        _check_same(found, like, path)
        if {*like.facts.columns.of} != {*columns.of}:
            what = ({*like.facts.columns.of} ^ {*columns.of}).pop()
            raise DataError(
                f"{path}: only one of this file and {like.table.path} has a column of the {what}"
            )
    told = read_long(columns, like.features if like else found, notes, one=True, sort=sort)
    if not told.series:
        raise DataError(f"{path}: has no rows below its header")
    return told


def read_to_answer(
    path: str,
    layout: Layout | None,
    given: dict[str, str | None],
    features: Sequence[str] | None,
    notes: Notes,
    count: int,
    labels: bool = False,
) -> Told:
    """The series of a table for a model of `count` features.

    The table needs fewer columns than one to train with: those of labels, groups and splits may be
    missing, and rows of a long one without ids are one series. Steps are sorted by their times.

    Args:
        layout, given, features: as the model's own table was read; what is not given is told by
            the columns, as there.
        labels: whether the column of labels is read, if there is one.

    Raises:
        DataError: as `read_table`, or it has another number of features.
    """
    table = _opened(path, notes)
    columns = Columns(table, _without(given, table, ("id", *WHAT)), features)
    unread = ("group", "split") if labels else WHAT
    ignored = [columns.of.pop(what) for what in unread if what in columns.of]
    if layout is None:
        ordered = "time" in columns.of and (
            "id" in columns.of or given["time"] is not None or len(columns.features(*ignored)) == 1
        )
        layout = "long" if ordered or count > 1 else "wide"
    ignored += _passed_over(columns, layout, (), notes)
    found = columns.features(*ignored)
    of_each = 1 if layout == "wide" else len(found)
    if of_each != count:
        what = (
            "each row is a series of 1 feature"
            if layout == "wide"
            else (f"has the features {some(found)} ({of_each})")
        )
        raise DataError(f"{path}: {what}, and the model reads {count}")
    if layout == "wide":
        return read_wide(columns, found, notes)
    return read_long(columns, found, notes, one="id" not in columns.of, sort=True)


def _check_same(found: list[str], like: Told, path: str) -> None:
    if {*found} != {*like.features}:
        raise DataError(
            f"{path}: has the features {some(found)} ({len(found)}), and {like.table.path} has "
            f"{some(like.features)} ({len(like.features)})"
        )


def _opened(path: str, notes: Notes) -> Table:
    table = Table(path)
    if table.nameless:
        notes.info(f"columns passed over, as they have no name: {table.nameless}")
    return table


def _without(
    given: dict[str, str | None], table: Table, what: Sequence[str]
) -> dict[str, str | None]:
    """The given names of columns, without those of `what` that a table lacks."""
    return given | {each: None for each in what if given[each] not in table.columns}


def _passed_over(columns: Columns, layout: Layout, what: Sequence[str], notes: Notes) -> list[str]:
    """The columns that are nothing here: times where each row is a series, and `what` else."""
    passed_over = [*(["time"] if layout == "wide" else []), *what]
    ignored = [columns.of.pop(each) for each in passed_over if each in columns.of]
    if ignored:
        notes.warning(f"columns passed over: {some(ignored)}")
    return ignored
