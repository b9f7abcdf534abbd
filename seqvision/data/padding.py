"""Series in an array: cut at their lengths, after a check that what is cut off is padding."""

import re
from collections.abc import Iterable

import numpy as np

from seqvision.data.notes import Notes
from seqvision.errors import DataError


def name_beside(x: str, what: str, keys: Iterable[str]) -> str | None:
    """The name of the array that tells something of each sample of `x`; None if there is none.

    Args:
        x: the name of the samples' array, in any case: `x_train`, `images`.
        what: `lengths` or `groups`, which stands for `x` in its name: `lengths_train`.
        keys: the names of all arrays, in lower case.
    """
    name = re.sub("(^|_)(x|images)(_|$)", rf"\1{what}\3", x.lower())
    return name if name in keys and name != x.lower() else None


def as_series(
    array: np.ndarray, lengths: np.ndarray | None, where: str, notes: Notes
) -> list[np.ndarray]:
    """An array `(n, steps, features)`, or `(n, steps)` of one feature, as series.

    Args:
        lengths: the steps of each `(n,)`; without them all that ends in NaN is padding.
        where: how messages begin, such as `mine.npz: x_train`.

    Raises:
        DataError: it is of another shape or no numbers; or as `cut_at`.
    """
    series = array[:, :, None] if array.ndim == 2 else array
    if series.ndim != 3 or 0 in series.shape or series.dtype.kind not in "buif":
        raise DataError(
            f"{where}: expected series (n, steps, features) of numbers, got {series.dtype} of "
            f"{series.shape}"
        )
    return list(series) if lengths is None else cut_at(series, lengths, where, notes)


def cut_at(series: np.ndarray, lengths: np.ndarray, where: str, notes: Notes) -> list[np.ndarray]:
    """Series without their padding: NaN, one value throughout, or each series' last step.

    Args:
        series: `(n, steps, features)`.
        lengths: the steps of each `(n,)`.
        where: how messages begin, such as `mine.npz: x_train`.

    Raises:
        DataError: lengths are no whole numbers from 1 to `steps`, are not one a series, or steps
            beyond one are no padding.
    """
    if lengths.shape != (len(series),) or lengths.dtype.kind not in "ui":
        raise DataError(
            f"{where}: {len(series)} series, but lengths of {lengths.shape} ({lengths.dtype}); "
            "expected a whole number for each"
        )
    if len(wrong := np.flatnonzero((lengths < 1) | (lengths > series.shape[1]))):
        one = int(wrong[0])
        raise DataError(
            f"{where}: series {one + 1} has the length {lengths[one]}, and there are "
            f"{series.shape[1]} steps"
        )
    values = _padding_values(series, lengths)
    cut, shorter = [], 0
    for number, (one, length) in enumerate(zip(series, lengths.tolist(), strict=True)):
        after = one[length:]
        padding = np.isnan(after) | (after == values) | (after == one[length - 1])
        if not padding.all():
            step, feature = np.argwhere(~padding)[0]
            raise DataError(
                f"{where}: series {number + 1} has the length {length}, and step "
                f"{length + step + 1} holds {after[step, feature]:g}, which is no padding: "
                "expected NaN, one value in all series, or the value of the last step"
            )
        shorter += bool(np.isnan(one[length - 1]).all())
        cut.append(one[:length])
    if shorter:
        notes.warning(
            f"{where}: in {shorter} of {len(series)} series nothing is observed in the last step "
            "of its length: it ends with the last observed step"
        )
    return cut


def _padding_values(series: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The value of each feature `(features,)` that most of the padded series end in."""
    ends = series[lengths < series.shape[1], -1]
    return np.array([_most_common(of_feature[~np.isnan(of_feature)]) for of_feature in ends.T])


def _most_common(values: np.ndarray) -> float:
    found, counts = np.unique(values, return_counts=True)
    return found[counts.argmax()] if len(found) else np.nan
