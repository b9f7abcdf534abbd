"""Reads the UCR archive's text files: a line is a label and the values of a series.

They are parted by tabs (of 2018), commas (of 2015) or spaces. Shorter series end in NaN, so that
all lines are of as many values.
"""

import reprlib
from pathlib import Path

import numpy as np

from seqvision.data.archives.labelled_series import LabelledSeries
from seqvision.data.archives.text_lines import text_lines
from seqvision.data.archives.text_numbers import numbers
from seqvision.data.notes import Notes
from seqvision.errors import DataError
from seqvision.formatting import counted


def read_tsv(path: Path, notes: Notes) -> LabelledSeries:
    """The series of one file, plain or gzipped; nothing between two tabs or commas is NaN.

    Raises:
        DataError: it is damaged, or a line has more or fewer values than the first.
    """
    found = LabelledSeries(path)
    separator, count, first = None, 0, 0
    for number, line in text_lines(path):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        if not first:
            separator = next((each for each in "\t," if each in line), None)
        label, *values = line.split(separator)
        if not values:
            raise DataError(
                f"{where}: expected a label and values, parted by tabs, got {reprlib.repr(line)}"
            )
        first, count = first or number, count or len(values)
        if len(values) != count:
            raise DataError(
                f"{where}: {counted(len(values), 'value')}, expected {count:,} as in line {first}; "
                "shorter series end in NaN"
            )
        found.add(number, [numbers(values, where, empty=True)], _label(label))
    return found


def _label(text: str) -> str:
    """A label: a whole number as `3`, whether it is written 3.0 or 3e0; nothing for NaN."""
    text = text.strip()
    try:
        number = numbers([text], "a label")[0]
    except DataError:
        return text
    if np.isnan(number):
        return ""
    return str(int(number)) if number.is_integer() else text
