"""Names are known without importing, duplicates refused, unknown ones answered with the nearest."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from seqvision import registry
from seqvision.cells import CELLS
from seqvision.cli.index import command, parts
from seqvision.config import load_config
from seqvision.config.schema import check_model
from seqvision.errors import SeqvisionError, UnknownName
from seqvision.families import FAMILIES
from seqvision.index import PATH, digest_of, indexed
from seqvision.options import Rate, type_of
from seqvision.registry import REGISTRIES, Registry, options_of
from seqvision.specs import OptionError, _say_new_name, check_spec
from seqvision.zoo import create_model


def test_names_options_and_facts_are_known_without_importing():
    code = (
        "import sys; from seqvision.cells import CELLS; e = CELLS.entry('gru');"
        "assert e.card['states'] == 'units' and 'reset_after' in [p.name for p in e.parameters];"
        "heavy = {'keras', 'tensorflow', 'numpy', 'pandas'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_index_is_of_today():
    text, written = PATH.read_text(encoding="utf-8"), json.loads(json.dumps(parts()))
    assert json.loads(text) == written, "run `seqvision index`"


def test_an_index_that_cannot_be_written_is_told_in_a_line(monkeypatch, tmp_path):
    monkeypatch.setattr("seqvision.index.PATH", tmp_path / "absent" / "index.json")
    with pytest.raises(SeqvisionError, match="cannot be written: No such file"):
        command.main([], standalone_mode=False)


def test_where_a_folder_has_changed_its_files_are_imported(monkeypatch):
    monkeypatch.setattr(registry, "indexed", lambda kind, folder: None)
    monkeypatch.delitem(vars(CELLS), "_own", raising=False)
    entry = CELLS.entry("gru")
    assert (entry.attribute, entry.card["states"]) == ("GRUCell", "units")
    assert {p.name: type_of(p) for p in entry.parameters}["recurrent_dropout"] == Rate


def test_a_changed_file_makes_another_digest(tmp_path):
    (tmp_path / "a.py").write_text("one")
    before = digest_of(tmp_path)
    assert indexed("cell", tmp_path) is None
    (tmp_path / "a.py").write_text("two")
    changed = digest_of(tmp_path)
    (tmp_path / "b.py").write_text("")
    assert len({before, changed, digest_of(tmp_path)}) == 3


def test_every_type_in_the_index_is_the_one_in_the_code():
    for kind in ("dataset", "scan", "cell", "wrapper", "family"):
        of_index = REGISTRIES[kind]
        imported = of_index.import_all()
        for name, entry in imported.items():
            types = {p.name: type_of(p) for p in entry.parameters}
            assert {p.name: type_of(p) for p in of_index.entry(name).parameters} == types, name


def test_options_that_a_base_class_takes_are_options_too():
    class Base(keras.layers.Layer):
        def __init__(self, units, leak: float = 0.1, **kwargs):
            super().__init__(**kwargs)

    class Child(Base):
        def __init__(self, *args, leak: float = 0.2, clip: int | None = None, **kwargs):
            super().__init__(*args, leak=leak, **kwargs)

    class Closed(Base):
        def __init__(self, units, name=None):
            super().__init__(units, name=name)

    assert [(p.name, p.default) for p in options_of(Child)][:2] == [("leak", 0.2), ("clip", None)]
    assert [p.name for p in options_of(Child)] == ["leak", "clip", "units"]
    assert [p.name for p in options_of(Closed)] == ["units"]


def test_old_names_go_on_to_work_and_say_the_new_one(caplog):
    _say_new_name.cache_clear()
    old = {"family": "two_way", "units": 8}
    assert check_model(old) == check_model({"family": "multi_scan", "units": 8})
    assert check_model({"family": "conv_lstm", "units": 8})["filters"] == 8
    assert "'two_way' is called 'multi_scan' now" in caplog.text
    assert "'units' is called 'filters' now" in caplog.text
    with pytest.raises(OptionError, match="old name of 'filters'"):
        check_model({"family": "conv_lstm", "units": 8, "filters": 4})
    with pytest.raises(OptionError, match="less than or equal"):
        check_model({"family": "conv_lstm", "kernel_size": 2_000_000, "units": 8})
    assert "two_way" in FAMILIES and FAMILIES.get("two_way") is FAMILIES.get("multi_scan")


def test_a_new_name_changes_no_hash():
    data = {"name": "a", "data": {"dataset": "digits"}}
    new = load_config({**data, "model": {"family": "multi_scan", "scans": ["rows"]}})
    old = load_config({**data, "model": {"family": "two_way", "scans": ["rows"]}})
    assert new.content()["model"] == {"family": "two_way", "scans": ["rows"]}
    assert new.hash == old.hash
    conv = load_config({**data, "model": {"family": "conv_lstm", "filters": 8}})
    assert conv.content()["model"] == {"family": "conv_lstm", "units": 8}


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


@pytest.mark.parametrize("cell", ["lstm", "peephole_lstm"])
@pytest.mark.parametrize("wrap", [[], ["residual"]])
def test_initializers_and_their_like_take_arguments(cell, wrap):
    options = {
        "kernel_initializer": {"name": "constant", "value": 0.25},
        "kernel_regularizer": {"name": "l2", "l2": 0.5},
        "recurrent_constraint": {"name": "MaxNorm", "max_value": 3},
    }
    model = create_model("stacked", (4, 3), 2, cell={"name": cell, **options}, units=3, wrap=wrap)
    kernel = next(w for w in model.weights if w.name == "kernel")
    assert np.all(np.asarray(kernel) == 0.25)
    assert float(model.losses[0]) == pytest.approx(0.5 * kernel.shape[0] * kernel.shape[1] / 16)
    recurrent = next(w for w in model.weights if w.name == "recurrent_kernel")
    assert recurrent.constraint.max_value == 3


def test_a_spec_without_options_is_its_name():
    assert check_spec("cell", {"name": "gru"}) == "gru"
