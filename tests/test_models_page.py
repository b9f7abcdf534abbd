"""The page of models says what is registered, and its examples run."""

import re
from pathlib import Path

import pytest
import yaml

from seqvision.cells import CELLS
from seqvision.families import FAMILIES
from seqvision.mixers import MIXERS
from seqvision.zoo import create_model

PAGE = (Path(__file__).parent.parent / "docs" / "models.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for cells in (row.strip("|").split(" | ") for row in re.findall(r"^\| `.*\|$", PAGE, re.M))
}


@pytest.mark.parametrize("name", MIXERS.names())
def test_every_mixer_has_its_step_and_states(name):
    assert name in ROWS, f"the table of mixers in docs/models.md needs a row for {name}"
    assert ROWS[name][0] == MIXERS.entry(name).card.get("states", "none")


@pytest.mark.parametrize("name", FAMILIES.names())
def test_every_family_is_on_the_page(name):
    assert name in ROWS, f"the table of families in docs/models.md needs a row for {name}"


def test_what_is_named_is_registered():
    listed = PAGE.partition("## Which one?")[2].partition("## The mixers")[0]
    names = {name for name in re.findall(r"`(\w+)`", listed) if not name[0].isdigit()}
    assert names <= {*MIXERS.names(), *FAMILIES.names(), *CELLS.names()}


def test_its_config_is_a_model():
    (config,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
    model = yaml.safe_load(config)["model"]
    assert create_model(model.pop("family"), **model).output.shape == (None, 10)
