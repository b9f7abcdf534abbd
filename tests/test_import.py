"""What `import seqvision` gives, and what it does not load."""

import os
import subprocess
import sys

import pytest
from slow import all_but

import seqvision


def python(code, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_public_names_are_these_and_all_there():
    assert seqvision.__all__ == [
        "RunRecord",
        "SeqvisionError",
        "across",
        "compare",
        "create_model",
        "export",
        "hypermodel",
        "list_models",
        "load_model",
        "load_records",
        "load_trials",
        "predict",
        "run",
        "step_model",
        "streaming",
        "tune",
    ]
    for name in seqvision.__all__:
        assert getattr(seqvision, name).__doc__
    with pytest.raises(AttributeError):
        _ = seqvision.nothing


@pytest.mark.parametrize(
    "statement",
    [
        "import seqvision",
        "import seqvision; seqvision.list_models()",
        "from seqvision.config import load_config; load_config('gru3')",
        "from seqvision.cli import seqvision as c; c(['--help'], standalone_mode=False)",
        "from seqvision.cli import seqvision as c; c(['list', 'cells'], standalone_mode=False)",
        "from seqvision.cli import seqvision as c; c(['check', 'gru3'], standalone_mode=False)",
        "import seqvision; seqvision.list_models(pretrained=True)",
        "from seqvision.presets.find import find_trained",
    ],
)
def test_stays_light(statement):
    heavy = "{'keras', 'tensorflow', 'numpy', 'pandas'} & set(sys.modules)"
    assert python(f"import sys; {statement}; print(sorted({heavy}))").strip().endswith("[]")


def test_a_backend_that_is_not_installed_is_told_in_a_line(tmp_path):
    (tmp_path / "jax.py").write_text("raise ModuleNotFoundError('no jax', name='jax')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": path}
    code = "from seqvision.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "tiny"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: Keras's backend is jax, which is not")


@pytest.mark.parametrize(
    ("order", "family", "shape"),
    [
        ("import keras, seqvision", "stacked", (None, 5)),
        *all_but([], [("import seqvision, keras", "multi_scan", (6, 5))]),
    ],
)
def test_a_saved_model_loads_after_import_seqvision_and_only_that(
    order, family, shape, tmp_path, new_process
):
    path = str(tmp_path / "model.keras")
    cell = {"name": "layer_norm_lstm"}
    model = seqvision.create_model(family, shape, 3, cell=cell, units=[4], pooling="attention")
    model.save(path)
    said = new_process(f"{order}; print(keras.models.load_model({path!r}).count_params())")
    assert said.strip() == str(model.count_params())


FINDERS = {
    "a folder": "sys.path.insert(0, folder)",
    "an archive": """
import zipfile
with zipfile.ZipFile(folder + '/all.zip', 'w') as archive:
    for name in ('keras.py', 'other.py'):
        archive.write(folder + '/' + name, name)
sys.path.insert(0, folder + '/all.zip')
""",
    "a finder of its own": """
from importlib.machinery import SourceFileLoader
class Shared(SourceFileLoader):
    pass
class Finder:
    def find_spec(self, name, path, target=None):
        if name in ('keras', 'other'):
            loader = Shared(name, folder + f'/{name}.py')
            return importlib.util.spec_from_loader(name, loader)
sys.meta_path.append(Finder())
sys.path[:] = [place for place in sys.path if not has_keras(place)]
""",
}


@pytest.mark.parametrize("found_by", FINDERS)
def test_what_registers_is_imported_with_keras_whoever_finds_it(found_by, tmp_path):
    """Not by a look for Keras nor by an import that fails, once, and by no other module."""
    (tmp_path / "keras.py").write_text(
        "import os\nif os.environ.pop('FAIL', None): raise ImportError\nloader = __loader__\n"
    )
    (tmp_path / "other.py").write_text("")
    code = f"""
import importlib.util, os, sys
import seqvision, seqvision.with_keras as hook
folder = sys.argv[1]
has_keras = lambda place: os.path.exists(os.path.join(place, 'keras', '__init__.py'))
hook.import_registered = lambda: print('registered with', sys.modules['keras'].__name__)
{FINDERS[found_by]}
assert importlib.util.find_spec('keras') is not None
os.environ['FAIL'] = '1'
try:
    import keras
except ImportError:
    print('failed')
import keras, other
loader = keras.__loader__
assert keras.loader is loader is keras.__spec__.loader, loader
assert type(loader).__module__ != 'seqvision.with_keras', loader
assert not any(type(finder).__module__ == 'seqvision.with_keras' for finder in sys.meta_path)
assert loader.get_source('keras').startswith('import os')
importlib.reload(keras)
"""
    assert python(code, str(tmp_path)).split("\n") == ["failed", "registered with keras", ""]


def test_what_is_hidden_from_keras_is_there_for_what_registers(tmp_path):
    (tmp_path / "keras.py").write_text(
        "try: import other\nexcept ImportError: print('hidden')\nelse: print('seen')\n"
    )
    (tmp_path / "other.py").write_text("")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import seqvision.with_keras as hook
from seqvision.import_keras import hidden, import_keras
hook.import_registered = lambda: print(__import__("other").__name__)
with hidden("other"):
    import_keras()
"""
    assert python(code, str(tmp_path)).split() == ["hidden", "other"]


def test_a_corner_is_executed_when_it_is_used_and_not_when_modules_are_listed(tmp_path):
    """As `inspect.getmodule` and TensorFlow's AutoGraph list them, in the first training step."""
    corner = tmp_path / "keras" / "wrappers"
    corner.mkdir(parents=True)
    (tmp_path / "keras" / "__init__.py").write_text("from keras import wrappers\n")
    (corner / "__init__.py").write_text("print('executed'); used = 1\n")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import seqvision.with_keras as hook
from seqvision.import_keras import import_keras
hook.import_registered = lambda: None
corner = import_keras().wrappers
assert any(getattr(module, '__file__', None) == corner.__file__ for module in sys.modules.values())
print('listed')
assert corner.used == 1 and type(corner) is type(sys) and corner.__loader__.get_source
"""
    assert python(code, str(tmp_path)).split() == ["listed", "executed"]


@pytest.mark.parametrize(
    ("base", "name", "registered"),
    [
        ("scans.base", "Scan", "Rows"),
        ("cells.base", "CellLayer", "PeepholeLSTMCell"),
        ("cells.wrappers.base", "Wrapper", "ZoneoutWrapper"),
    ],
)
def test_a_base_class_may_be_imported_before_keras(base, name, registered, new_process):
    code = f"""
import seqvision.{base} as base
import sys, keras
assert base is sys.modules[base.__name__]
assert issubclass(keras.saving.get_registered_object("seqvision>{registered}"), base.{name})
"""
    new_process(code)


@pytest.mark.parametrize(
    "statements",
    [
        "import seqvision; seqvision.compare",
        "import seqvision.comparison.records as records; assert records.load_records",
        "import seqvision; seqvision.load_records; import importlib; importlib.reload(seqvision)",
    ],
)
def test_compare_is_the_function_whatever_is_imported(statements):
    code = f"{statements}; import seqvision; print(seqvision.compare.__qualname__)"
    assert python(code).strip() == "compare"
