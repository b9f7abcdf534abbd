"""The page of cells says what is registered."""

import re
from pathlib import Path

import pytest

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS

PAGE = (Path(__file__).parent.parent / "docs" / "cells.md").read_text(encoding="utf-8")


def rows(title):
    """The rows of a section's table by their first column."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found = (row.strip("|").split(" | ") for row in re.findall(r"^\| `.*\|$", section, re.M))
    return {row[0].strip("` "): row[1:] for row in found}


@pytest.mark.parametrize("name", CELLS.names())
def test_every_cell_has_its_equations_and_states(name):
    table = rows("The gate table")
    assert name in table, f"the gate table of docs/cells.md needs a row for {name}"
    states, _gates, new_state = table[name]
    assert states == CELLS.entry(name).card["states"]
    assert "'" in new_state or name == "bidirectional_grid_lstm"


@pytest.mark.parametrize("name", WRAPPERS.names())
def test_every_wrapper_is_on_the_page(name):
    assert name in rows("Wrappers")
