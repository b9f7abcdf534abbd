"""Makes `import seqvision` enough for Keras to load a saved model, without importing Keras.

Keras finds a saved layer by the name it was registered under, so the modules that register must
have been imported. They are imported when Keras is: at once if it is there already, else at the
end of its import. If a module that they import from were imported first, it would import Keras
while half made, and they would not find its classes. So Keras is imported before it.
"""

import importlib
import logging
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from seqvision.import_keras import import_keras, show_hidden
from seqvision.registry import REGISTRIES


def register_with_keras() -> None:
    """Register every layer, input, cell and scan with Keras, now or when Keras is imported."""
    if "keras" in sys.modules:
        import_registered()
    elif not any(isinstance(finder, _KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())


def import_registered() -> None:
    """Import every module that registers something with Keras, and with it Keras."""
    from seqvision.cells import CELLS
    from seqvision.cells.wrappers import WRAPPERS
    from seqvision.inputs import INPUTS
    from seqvision.mixers import MIXERS
    from seqvision.scans import SCANS

    importlib.import_module("seqvision.layers")
    importlib.import_module("seqvision.mixers.block")
    importlib.import_module("seqvision.mixers.both_ways")
    importlib.import_module("seqvision.runs.schedules")
    registries = (INPUTS, SCANS, CELLS, WRAPPERS, MIXERS)
    for module in (module for registry in registries for module in registry.modules()):
        try:
            importlib.import_module(module)
        except Exception as error:
            # A broken plug-in must not break Keras.
            if module.startswith("seqvision."):
                raise
            logging.getLogger(__name__).warning("%s could not be imported: %s", module, error)


class _KerasFinder(MetaPathFinder):
    """Finds Keras, and what needs Keras first, by the finders that come after it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "keras" and not _is_of_keras(name.rpartition(".")[0]):
            return None
        later = sys.meta_path[sys.meta_path.index(self) + 1 :]
        specs = (finder.find_spec(name, path, target) for finder in later)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is None or spec.loader is None:
            return spec
        if name == "keras":
            spec.loader = _RegisteringLoader(spec.loader, self)
        elif spec.submodule_search_locations is None:  # A package holds names only.
            spec.loader = _KerasFirst()
        return spec


def _is_of_keras(package: str) -> bool:
    """Whether a package's files import Keras."""
    return any(each.of_keras and each.package == package for each in REGISTRIES.values())


class _KerasFirst(Loader):
    """Imports Keras, and with it all that registers; then the module, if it was not among that."""

    def exec_module(self, module: ModuleType) -> None:
        del sys.modules[module.__name__]  # Import returns what is here in the end.
        import_keras()
        importlib.import_module(module.__name__)


class _RegisteringLoader(Loader):
    """Loads Keras by its own loader, and then imports what registers with it.

    Keras's loader may load other modules too, so it is wrapped, not changed; and it is put back
    before Keras runs, since Python and others ask it for a module's source and files.
    """

    def __init__(self, loader: Any, finder: _KerasFinder):
        self.loader, self.finder = loader, finder

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        sys.meta_path.remove(self.finder)  # Not before: an import that fails is tried again.
        show_hidden()
        import_registered()
