"""What is public: that it is exported, written about, and never goes without a word."""

import importlib
import re
from pathlib import Path

import keras
import pytest

import seqvision
from seqvision import cells, inputs, layers, mixers, scans
from seqvision.cells import wrappers
from seqvision.old_names import OLD_NAMES, Old
from seqvision.registry import REGISTRIES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += sorted((ROOT / "docs" / "guides").glob("*.md"))
TEXT = "\n".join(page.read_text("utf-8") for page in PAGES)
LISTED = [seqvision, layers, cells, wrappers, inputs, mixers, scans]


def resolve(name):
    """The thing of a dotted name, importing what modules it takes."""
    thing = importlib.import_module("seqvision")
    for part in name.split(".")[1:]:
        try:
            thing = getattr(thing, part)
        except AttributeError:
            thing = importlib.import_module(f"{thing.__name__}.{part}")
    return thing


@pytest.mark.parametrize("module", LISTED, ids=lambda module: module.__name__)
def test_what_is_exported_is_there_and_explained(module):
    names = getattr(module, "__all__", None) or dir(module)
    assert len(set(names)) == len(names)
    for name in names:
        assert (getattr(module, name).__doc__ or "").strip(), name


def test_what_the_package_exports_is_written_about():
    assert [n for n in seqvision.__all__ if not re.search(rf"\bseqvision\.{n}\b", TEXT)] == []


def test_what_is_written_about_is_there():
    groups = {registry.group for registry in REGISTRIES.values()} | {"seqvision.folder"}  # A tag.
    names = set(re.findall(r"(?<![\w/.-])seqvision(?:\.[A-Za-z_]\w*)+", TEXT)) - groups
    for module, listed in re.findall(r"\bfrom (seqvision[\w.]*) import ([\w, ]+)", TEXT):
        names |= {f"{module}.{name.strip()}" for name in listed.split(",")}
    assert len(names) > 20
    for name in sorted(names):
        assert resolve(name) is not None


def test_a_layer_that_models_are_saved_with_is_exported():
    """Else a file names a class that its reader cannot import in a documented way."""
    registered = keras.saving.get_custom_objects().values()
    own = {thing for thing in registered if thing.__module__.startswith("seqvision.layers.")}
    assert own and {thing.__name__ for thing in own} <= set(layers.__all__)


@pytest.mark.parametrize(
    ("package", "instead"),
    [
        ("seqvision", "seqvision.load_records"),
        ("seqvision.layers", "seqvision.layers.GRU"),
        ("seqvision.cells", "seqvision.cells.GRUCell"),
    ],
)
def test_an_old_name_works_and_then_says_what_replaced_it(package, instead, monkeypatch):
    statement = f"from {package} import Before"
    with pytest.raises(ImportError, match="cannot import name 'Before'"):
        exec(statement)

    monkeypatch.setitem(OLD_NAMES, f"{package}.Before", Old(instead, since="0.2.0"))
    found = {}
    with pytest.warns(FutureWarning, match=f"^{package}.Before is called {instead} since") as told:
        exec(statement, found)
    assert found["Before"] is resolve(instead)
    assert all(warning.filename != seqvision.__file__ for warning in told)

    gone = Old(instead, since="0.2.0", removed="0.4.0")
    monkeypatch.setitem(OLD_NAMES, f"{package}.Before", gone)
    message = f"^{package}.Before was removed in seqvision 0.4.0: use {instead}$"
    with pytest.raises(ImportError, match=message):
        exec(statement, {})
    with pytest.raises(ImportError, match=message):
        resolve(f"{package}.Before")


def test_old_names_lead_to_what_is_there():
    for name, old in OLD_NAMES.items():
        assert resolve(old.new) is not None, name
