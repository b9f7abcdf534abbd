"""The page of cells says what is registered, and its example runs."""

import re
from pathlib import Path

import pytest

from seqvision.cells import CELLS
from seqvision.cells.wrappers import WRAPPERS

PAGE = (Path(__file__).parent.parent / "docs" / "cells.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): cells[1:]
    for cells in (row.strip("|").split(" | ") for row in re.findall(r"^\| `.*\|$", PAGE, re.M))
}


@pytest.mark.parametrize("name", CELLS.names())
def test_every_cell_has_its_equations_and_states(name):
    states, _gates, new_state = ROWS[name]
    assert states == CELLS.entry(name).card["states"]
    assert "'" in new_state or name == "bidirectional_grid_lstm"


@pytest.mark.parametrize("name", WRAPPERS.names())
def test_every_wrapper_is_on_the_page(name):
    assert name in ROWS


def test_the_examples_run(capsys):
    exec("".join(re.findall(r"```python\n(.*?)```", PAGE, re.S)), {"__name__": "docs"})
    assert capsys.readouterr().out == "(2, 28, 64)\n(2, 64)\n"
