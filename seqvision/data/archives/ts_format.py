"""Reads the `.ts` files of the UEA and UCR archives.

Comments (`#`) and tags (`@classLabel true a b`) come first, then the line `@data`, then a line for
each series: its channels and its label, parted by `:`, the values of a channel by `,`. Where there
are times, a value is `(time,value)`.

The format: sktime.net/en/stable/api_reference/file_specifications/ts.html. What occurs beyond it:
tags in any case and order, `@dimensions` for `@dimension`, tags that are missing or wrong, `%` for
`#`, text without `#` before the data, channels of unequal length. What the data are is told by the
data; where tags say otherwise, it is noted.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from seqvision.data.archives.labelled_series import LabelledSeries
from seqvision.data.archives.text_lines import text_lines
from seqvision.data.archives.text_numbers import numbers
from seqvision.data.archives.timestamps import timed_channels
from seqvision.data.notes import Notes
from seqvision.errors import DataError

Tags = dict[str, tuple[int, str]]
"""The line and the text of each tag, by its name in small letters, without `_` and a last `s`."""
_COMMENTS = ("#", "%")
_COLON = re.compile(r"\([^()]*\)|:")


def read_ts(path: Path, notes: Notes) -> LabelledSeries:
    """The series of one file, plain or gzipped.

    Raises:
        DataError: it is damaged, has no labels, or is of targets to predict, not of classes.
    """
    lines = text_lines(path)
    tags = _tags(path, lines, notes)
    found = LabelledSeries(path)
    found.class_names = _class_names(path, tags)
    timed = went_back = 0
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith(_COMMENTS):
            continue
        where = f"{path}:{number}"
        *channels, label = _fields(line)
        if not channels:
            raise DataError(f"{where}: expected channels and a label, parted by ':', found no ':'")
        if any(channel.lstrip().startswith("(") for channel in channels):
            values, unordered = timed_channels(channels, where)
            timed += 1
            went_back += unordered
        else:
            values = [_channel(each, f"{where}: channel {n}") for n, each in enumerate(channels, 1)]
        found.add(number, values, label)
    if went_back:
        notes.warning(f"{path.name}: the times of {went_back:,} series went back: sorted")
    if found.series:
        _note_differences(found, tags, timed > 0, notes)
    return found


def has_classes(path: Path) -> bool:
    """Whether a file's header says that its labels are classes, or says nothing."""
    try:
        _class_names(path, _tags(path, text_lines(path)))
    except DataError:
        return False
    return True


def _tags(path: Path, lines: Iterator[tuple[int, str]], notes: Notes | None = None) -> Tags:
    """The tags before the data; the lines are read up to and with `@data`.

    Raises:
        DataError: no line is `@data`.
    """
    tags: Tags = {}
    others: list[int] = []
    for number, line in lines:
        if not line.lstrip().startswith("@"):
            if line.strip() and not line.lstrip().startswith(_COMMENTS):
                others.append(number)
            continue
        tag, _, text = line.strip().replace("\t", " ").partition(" ")
        name = tag[1:].lower().replace("_", "").removesuffix("s")
        if name == "data":
            if others and notes:
                notes.warning(
                    f"{path.name}: passed over before @data are {len(others):,} lines, such as "
                    f"line {others[0]}, that are neither tags nor comments"
                )
            return tags
        tags[name] = number, text.strip()
    raise DataError(f"{path}: expected a line @data before the series, found none")


def _class_names(path: Path, tags: Tags) -> tuple[str, ...]:
    """The classes that a file declares; none if it does not.

    Raises:
        DataError: it says that it has no classes.
    """
    number, text = tags.get("targetlabel", (0, ""))
    if text.lower() == "true":
        raise DataError(f"{path}:{number}: its labels are numbers to predict, not classes")
    number, text = tags.get("classlabel", (0, ""))
    first, *names = text.split() or [""]
    if first.lower() == "false":
        raise DataError(f"{path}:{number}: @classLabel false: there are no labels to learn")
    return tuple(names if first.lower() == "true" else text.split())


def _fields(line: str) -> list[str]:
    """A line's parts between `:`, but for those within `(…)`, as times have them."""
    if "(" not in line:
        return line.split(":")
    colons = [found.start() for found in _COLON.finditer(line) if found[0] == ":"]
    starts, ends = [0, *(colon + 1 for colon in colons)], [*colons, len(line)]
    return [line[start:end] for start, end in zip(starts, ends, strict=True)]


def _channel(text: str, where: str) -> np.ndarray:
    return numbers(text.split(","), where) if text.strip() else np.empty(0)


def _note_differences(found: LabelledSeries, tags: Tags, timed: bool, notes: Notes) -> None:
    """Note where tags say other than the data."""
    longest = max(found.lengths)
    facts = {
        "dimension": found.channels,
        "univariate": found.channels == 1,
        "equallength": not found.ragged and longest == min(found.lengths),
        "serieslength": longest,
        "timestamp": timed,
        "missing": found.gaps,
    }
    differences = [
        f"@{name} is {str(fact).lower()}, not {tags[name][1][:20]}"
        for name, fact in facts.items()
        if name in tags and tags[name][1].lower() != str(fact).lower()
    ]
    if differences:
        notes.warning(f"{found.path.name}: by its data, {', '.join(differences)}")
