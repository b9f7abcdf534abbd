"""Docstrings of what is public: each has an example, and does what it says."""

import doctest

import pytest
from reader import TENSORFLOW
from slow import all_but

import seqvision
from seqvision import cells, layers, mixers, scans
from seqvision.cells import wrappers
from seqvision.families import FAMILIES
from seqvision.sweep.local import Local

LISTED = [seqvision, layers, cells, wrappers, mixers, scans]
PUBLIC = {
    f"{module.__name__}.{name}": getattr(module, name)
    for module in LISTED
    for name in getattr(module, "__all__", None) or dir(module)
    if name != "SeqvisionError"
}
PUBLIC |= {f"families.{name}": FAMILIES.get(name) for name in FAMILIES.names()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for all, so that a run that several examples speak of is trained once."""
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("name", all_but(PUBLIC.keys() - {"seqvision.load_trials"}, PUBLIC))
def test_the_example_of(name, folder, monkeypatch, performed_here):
    if not TENSORFLOW and name == "seqvision.export":
        pytest.skip("ONNX files are written on TensorFlow")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(Local, "__call__", performed_here)
    test = doctest.DocTestParser().get_doctest(PUBLIC[name].__doc__, {}, name, None, None)
    assert test.examples, "it has none"
    said = []
    doctest.DocTestRunner().run(test, out=said.append)
    assert not said, "".join(said)
