"""Labels of any kind become whole numbers from 0 and the names of the classes they stand for."""

import numpy as np

from seqvision.data.notes import Notes, some
from seqvision.errors import DataError

_MOST_CLASSES = 10_000


def numbered(
    labels: dict[str, np.ndarray],
    class_names: tuple[str, ...] | None,
    source: str,
    notes: Notes,
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Labels of each part as int64 `(n,)`, and the classes' names.

    The classes are the values that occur, sorted, each named by its value. If `class_names` are
    given, labels are indices into these.

    Args:
        labels: of each part, whole numbers of any type, texts, or one-hot rows.

    Raises:
        DataError: labels are none of these, or cannot be classes.
    """
    plain = {part: _plain(array, source, part) for part, array in labels.items()}
    if class_names is not None:
        return _checked_indices(plain, class_names, source), class_names
    if texts := any(array.dtype.kind == "U" for array in plain.values()):
        plain = {part: array.astype(str) for part, array in plain.items()}
    values, codes = np.unique(np.concatenate(list(plain.values())), return_inverse=True)
    if len(values) > _MOST_CLASSES:
        raise DataError(
            f"{source}: {len(values):,} different labels; at most {_MOST_CLASSES:,} are classes"
        )
    if texts:
        if "" in values:
            raise DataError(f"{source}: a label is an empty text; leave such samples out")
        order = sorted(range(len(values)), key=lambda i: _numbers_first(values[i]))
        values, codes = values[order], np.argsort(order)[codes]
    else:
        _check_numbers(values, source, notes)
        columns = max(array.shape[1] if array.ndim == 2 else 0 for array in labels.values())
        if columns > values[-1] + 1:
            notes.warning(
                f"one-hot labels have {columns} columns, and no sample is of one after "
                f"{values[-1]}: {len(values)} classes"
            )
    ends = np.cumsum([len(array) for array in plain.values()])[:-1]
    parts = np.split(codes.astype(np.int64), ends)
    return dict(zip(plain, parts, strict=True)), tuple(str(value) for value in values)


def check_classes(
    labels: dict[str, np.ndarray], class_names: tuple[str, ...], source: str, notes: Notes
) -> None:
    """Refuse classes without a training sample; note those without a test sample.

    Args:
        labels: of each part, as `numbered` returns them.

    Raises:
        DataError: there is only one class, or a class has no training sample.
    """
    trained = set(np.unique(labels["training"]))
    if len(class_names) < 2:
        raise DataError(f"{source}: all samples are of one class; a classifier needs two or more")
    for part, of_part in labels.items():
        if unknown := sorted(set(np.unique(of_part)) - trained):
            names = some([repr(class_names[label]) for label in unknown])
            count = int(np.isin(of_part, unknown).sum())
            raise DataError(
                f"{source}: {count:,} {part} samples are of classes without a training sample, "
                f"{names}; add some, or leave these out"
            )
    if len(trained) < 2:
        name = class_names[trained.pop()]
        raise DataError(f"{source}: all training samples are of one class, {name!r}")
    if untested := sorted(trained - set(np.unique(labels["test"]))):
        names = some([repr(class_names[label]) for label in untested])
        notes.warning(f"no test sample of {len(untested)} of {len(class_names)} classes: {names}")


def _plain(labels: np.ndarray, source: str, part: str) -> np.ndarray:
    """Labels `(n,)`, `(n, 1)` or one-hot `(n, classes)` as `(n,)`, whole numbers or texts."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "S":
        labels = np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind not in "buifU":
        raise DataError(f"{source}: {part} labels must be whole numbers, got {labels.dtype}")
    if labels.ndim > 1:
        one_hot = (
            labels.ndim == 2 and labels.dtype.kind != "U" and ((labels != 0).sum(axis=1) == 1).all()
        )
        if not one_hot or not (labels.max(axis=1) == 1).all():
            raise DataError(
                f"{source}: {part} labels of shape {labels.shape} are not one-hot (one 1 a row, "
                "else 0); give one label a sample"
            )
        return labels.argmax(axis=1)
    # Beyond 2**53 neighbouring whole numbers are one float.
    if labels.dtype.kind == "f" and not (
        (np.rint(labels) == labels).all() and np.abs(labels).max() <= 2**53
    ):
        raise DataError(f"{source}: {part} labels must be whole numbers, got {labels.dtype}")
    return labels if labels.dtype.kind == "U" else labels.astype(np.int64)


def _checked_indices(
    labels: dict[str, np.ndarray], class_names: tuple[str, ...], source: str
) -> dict[str, np.ndarray]:
    """Labels `(n,)` of each part, checked to be indices into the classes' names."""
    for part, array in labels.items():
        if array.dtype.kind == "U":
            raise DataError(f"{source}: {part} labels must be whole numbers, got {array.dtype}")
        if array.min() < 0 or array.max() >= len(class_names):
            raise DataError(
                f"{source}: {part} labels go from {array.min()} to {array.max()}, "
                f"expected 0 to {len(class_names) - 1}"
            )
    return labels


def _check_numbers(values: np.ndarray, source: str, notes: Notes) -> None:
    """Refuse negative labels, but for −1 and 1; `values` `(classes,)` are the different ones."""
    low, high = values[0], values[-1]
    if low < 0 and values.tolist() != [-1, 1]:
        # Such as -1 for unlabelled samples.
        raise DataError(
            f"{source}: labels go from {low} to {high}; labels count classes from 0: "
            "number them anew, or leave samples without a label out"
        )
    if low != 0 or high != len(values) - 1:
        notes.warning(
            f"labels are {len(values)} different numbers from {low} to {high}: "
            f"{len(values)} classes, named by these"
        )


def _numbers_first(label: str) -> tuple[bool, int, str]:
    """A key to sort by: numbers come first, and 10 after 9."""
    number = label.isdecimal()
    return not number, int(label) if number else 0, label
