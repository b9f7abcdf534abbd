"""Names are found in the source, duplicates refused, and unknown ones answered with the nearest."""

import subprocess
import sys

import pytest

from seqvision.cells import CELLS
from seqvision.errors import SeqvisionError, UnknownName
from seqvision.options import OptionError, check_spec
from seqvision.registry import Registry


def test_reads_names_options_and_facts_without_importing():
    code = (
        "import sys; from seqvision.cells import CELLS; e = CELLS.entry('gru');"
        "assert e.card['states'] == 'units' and 'reset_after' in [p.name for p in e.parameters];"
        "heavy = {'keras', 'tensorflow', 'numpy', 'pandas'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_name_names_the_nearest():
    with pytest.raises(UnknownName, match="did you mean 'gru'"):
        CELLS.get("gruu")


def test_a_name_is_registered_once():
    with pytest.raises(SeqvisionError, match="registered twice"):

        @CELLS.register("gru")
        class Another: ...


def test_a_notebook_can_add_its_own():
    registry = Registry("gadget", "seqvision.scans")

    @registry.register("mine", paper="none")
    def mine(size: int = 3):
        """Mine."""

    assert registry.get("mine") is mine
    entry = registry.entry("mine")
    assert (entry.summary, entry.card["paper"]) == ("Mine.", "none")
    assert [(p.name, p.default) for p in entry.parameters] == [("size", 3)]


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        ("gruu", (), "did you mean 'gru'"),
        ({"name": "gru", "reset_aftr": True}, ("reset_aftr",), "did you mean 'reset_after'"),
        ({"name": "gru", "reset_after": 1}, ("reset_after",), "boolean"),
        ({"name": "gru", "dropout": 1.5}, ("dropout",), "less than 1"),
        ({"name": "gru", "units": 3}, ("units",), "no option 'units'"),
        (7, (), "expected the name of a cell"),
    ],
)
def test_a_wrong_spec_is_told_where_and_why(spec, path, message):
    with pytest.raises(OptionError, match=message) as caught:
        check_spec("cell", spec)
    assert caught.value.path == path


def test_a_spec_without_options_is_its_name():
    assert check_spec("cell", {"name": "gru"}) == "gru"
