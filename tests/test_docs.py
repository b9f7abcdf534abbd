"""The page of cells says what is registered."""

import importlib.util
import re

import pytest
from reader import ROOT

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS

PAGE = (ROOT / "docs" / "cells.md").read_text(encoding="utf-8")


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


def test_every_cell_is_in_the_diagram_of_its_kind_alone():
    spec = importlib.util.spec_from_file_location("cells", ROOT / "docs" / "cells.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kinds = [set(re.findall(r"\w+", make().cells)) for make in module.PANELS]
    for name in CELLS.names():
        assert sum(name in kind for kind in kinds) == 1, name
    assert (ROOT / "docs" / "cells.svg").read_text(encoding="utf-8") == module.picture()


@pytest.mark.parametrize("name", WRAPPERS.names())
def test_every_wrapper_is_on_the_page(name):
    assert name in rows("Wrappers")
