"""Every cell, wrapper and family in every format does what docs/export.md says of it."""

import re
from pathlib import Path

import pytest

from seqvision.exporting.formats import FORMATS
from seqvision.exporting.table import long_builds, outcomes, short_builds

pytestmark = pytest.mark.tensorflow

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
SHORT, LONG = short_builds(), long_builds()
ONE_OF_A_KIND = [
    "gru",
    "peephole_lstm",
    "ntm",
    "sru",
    "gru in zoneout",
    "mixer s4d",
    "family conv_lstm",
]
"""Of the kinds of graphs: the engine's two, Keras's loop, none, a wrapper's, none but of complex
numbers, and convolutions."""

QUICK = ["litert", "onnx"]
"""Formats that take a second a model; the others take up to seven."""


def said():
    """What the page says: by name, what each format does."""
    rows = re.findall(r"^\| (.+?) \|((?: (?:any|fixed|no) \|)+)$", PAGE.read_text(), re.M)
    return {name: [word.strip(" |") for word in words.split("|")[:-1]] for name, words in rows}


def test_the_page_has_a_row_for_each():
    assert list(said()) == [*(f"`{name}`" for name in SHORT), *LONG]
    assert f"| | {' | '.join(f'`{name}`' for name in FORMATS.names())} |" in PAGE.read_text()


def check(build, row, folder, formats):
    expected = dict(zip(FORMATS.names(), said()[row], strict=True))
    assert outcomes(build(), folder, formats) == {each: expected[each] for each in formats}


MARKS = {name: [] if name == "gru" else pytest.mark.slow for name in ONE_OF_A_KIND}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=MARKS.get(name, pytest.mark.exhaustive), id=name) for name in SHORT],
)
def test_up_to_64_steps(name, tmp_path):
    check(SHORT[name], f"`{name}`", tmp_path, QUICK if name in ONE_OF_A_KIND else ["onnx"])


@pytest.mark.slow
@pytest.mark.parametrize("name", LONG)
def test_more_steps(name, tmp_path):
    check(LONG[name], name, tmp_path, QUICK)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gru", "ntm", "family conv_lstm"])
def test_all_formats(name, tmp_path):
    check(SHORT[name], f"`{name}`", tmp_path, FORMATS.names())


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [*SHORT, *LONG])
def test_all_of_the_page(name, tmp_path):
    build, row = (SHORT[name], f"`{name}`") if name in SHORT else (LONG[name], name)
    check(build, row, tmp_path, FORMATS.names())
