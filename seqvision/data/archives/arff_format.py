"""Reads series in Weka's `.arff` files, as the UEA and UCR archives have them.

Of one channel, a row is `1.2,3.4,…,label`: an attribute is a step. Of several channels, a row is
`'1.2,3.4\\n5.6,7.8',label`: in its relational attribute a line is a channel (parted by a backslash
and an n), and an attribute a step. A series that is shorter than others ends in `?`.

scipy.io.arff reads both kinds, but it holds a whole file in memory, refuses labels of type string,
and raises a dozen errors that do not tell the line. Tests compare the two.

The format: waikato.github.io/weka-wiki/formats_and_processing/arff_stable.
"""

import re
import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from seqvision.data.archives.labelled_series import LabelledSeries
from seqvision.data.archives.text_lines import text_lines
from seqvision.data.archives.text_numbers import numbers
from seqvision.data.notes import Notes
from seqvision.errors import DataError
from seqvision.formatting import counted

_QUOTED = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_ATTRIBUTE = re.compile(
    rf"@attribute\s+(?:{_QUOTED}|[^\s{{]+)(?:\s*\{{(?P<classes>.*)\}}|\s+(?P<type>\w+))",
    re.IGNORECASE,
)
# Possessive (`*+`), so that no line takes time by the square of its length.
_CLASS = re.compile(rf"\s*+({_QUOTED}|[^,'\"]*+)\s*+(?:,|$)")
_ROW = re.compile(rf"(.*),\s*+({_QUOTED}|[^,'\"]*)")
_RELATIONAL_ROW = re.compile(r"""('[^']*'|"[^"]*")\s*,(.*)""")
_NUMERIC = ("numeric", "real", "integer")


def read_arff(path: Path, notes: Notes) -> LabelledSeries:
    """The series of one file, plain or gzipped.

    Raises:
        DataError: it is damaged, or is not of series with a class as the last attribute.
    """
    lines = _lines(path)
    header = _header(path, lines)
    found = LabelledSeries(path)
    found.class_names = header.class_names
    for number, line in lines:
        where = f"{path}:{number}"
        texts, label = (_relational_row if header.relational else _row)(line, where)
        channels = []
        for channel, text in enumerate(texts, 1):
            place = f"{where}: channel {channel}" if header.relational else where
            values = text.split(",")
            if len(values) != header.steps:
                raise DataError(
                    f"{place}: {counted(len(values), 'value')}, expected {header.steps:,}, as many "
                    "as there are attributes before the class"
                )
            channels.append(numbers(values, place))
        found.add(number, channels, _unquoted(label))
    return found


class _Header(NamedTuple):
    """What the attributes of a file say."""

    steps: int
    relational: bool
    class_names: tuple[str, ...]
    """Empty if the file does not declare them."""


class _Attribute(NamedTuple):
    number: int
    """Of its line."""
    type: str
    class_names: tuple[str, ...]


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are neither empty nor comments."""
    for number, line in text_lines(path):
        if (line := line.strip()) and not line.startswith("%"):
            yield number, line


def _header(path: Path, lines: Iterator[tuple[int, str]]) -> _Header:
    """What the attributes say; the lines are read up to and with `@data`.

    Raises:
        DataError: they are not of a series and a class, or `@data` is missing.
    """
    attributes: list[_Attribute] = []
    relational: list[_Attribute] = []  # Those within a relational one.
    within = False
    for number, line in lines:
        tag = line.split(maxsplit=1)[0].lower()
        if tag == "@data":
            return _checked(f"{path}:{number}", path, attributes, relational)
        if tag == "@end":
            within = False
        elif tag == "@attribute":
            attribute = _attribute(path, number, line)
            (relational if within else attributes).append(attribute)
            within = within or attribute.type == "relational"
    raise DataError(f"{path}: expected a line @data before the series, found none")


def _attribute(path: Path, number: int, line: str) -> _Attribute:
    match = _ATTRIBUTE.match(line)
    if not match:
        got = reprlib.repr(line)
        raise DataError(f"{path}:{number}: expected @attribute, a name and a type, got {got}")
    return _Attribute(
        number, (match["type"] or "nominal").lower(), _classes(match["classes"] or "")
    )


def _classes(text: str) -> tuple[str, ...]:
    """The names in `a, b, 'c, d'`; only those before what is none."""
    names, end = [], 0
    while end < len(text) and (match := _CLASS.match(text, end)):
        names.append(_unquoted(match[1]))
        end = match.end()
    return tuple(filter(None, names))


def _checked(
    where: str, path: Path, attributes: list[_Attribute], relational: list[_Attribute]
) -> _Header:
    """What the attributes say.

    Raises:
        DataError: they are not steps and a class.
    """
    if not attributes or attributes[-1].type == "relational":
        raise DataError(f"{where}: expected the class as the last attribute, found none")
    *steps, of_class = attributes
    is_relational = bool(relational) and len(steps) == 1
    steps = relational if is_relational else steps
    if wrong := [each for each in steps if each.type not in _NUMERIC]:
        raise DataError(
            f"{path}:{wrong[0].number}: expected numbers before the class, got an attribute of "
            f"type {wrong[0].type}"
        )
    if not steps:
        raise DataError(f"{where}: expected attributes that are numbers before the class")
    return _Header(len(steps), is_relational, of_class.class_names)


def _row(line: str, where: str) -> tuple[list[str], str]:
    """A channel and a label."""
    if line.startswith("{"):
        raise DataError(f"{where}: a sparse row, which is not read; expected all values")
    match = _ROW.fullmatch(line)
    if not match:
        got = reprlib.repr(line)
        raise DataError(f"{where}: expected values and a label, parted by ',', got {got}")
    return [match[1]], match[2]


def _relational_row(line: str, where: str) -> tuple[list[str], str]:
    """Channels and a label."""
    match = _RELATIONAL_ROW.fullmatch(line)
    if not match:
        got = reprlib.repr(line)
        raise DataError(f"{where}: expected channels in quotation marks and a label, got {got}")
    return match[1][1:-1].removesuffix("\\n").split("\\n"), match[2]


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
