"""Makes `import seqvision` enough for Keras to load a saved model, without importing Keras.

Keras finds a saved layer by the name it was registered under, so the modules that register
must have been imported. They are imported when Keras is: at once if it is there already, else
as the last act of its import.
"""

import importlib
import logging
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


def register_with_keras() -> None:
    """Register every layer, cell and scan with Keras, now or when Keras is imported."""
    if "keras" in sys.modules:
        _import_all()
    elif not any(isinstance(finder, _KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())


def _import_all() -> None:
    from seqvision.cells import CELLS
    from seqvision.cells.wrappers import WRAPPERS
    from seqvision.scans import SCANS

    importlib.import_module("seqvision.layers")
    importlib.import_module("seqvision.runs.schedules")
    for module in (*SCANS.modules(), *CELLS.modules(), *WRAPPERS.modules()):
        try:
            importlib.import_module(module)
        except Exception as error:
            # A plug-in that is broken must not take Keras down with it.
            if module.startswith("seqvision."):
                raise
            logging.getLogger(__name__).warning("%s could not be imported: %s", module, error)


class _KerasFinder(MetaPathFinder):
    """Finds Keras as usual, once, and has its loader call `_import_all` at the end."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "keras":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _import_all()

        loader.exec_module = exec_module
        return spec
