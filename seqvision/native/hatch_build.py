"""Compiles the core, and what bindings it can, into a wheel; without a compiler it has none."""

import importlib.util
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import (  # pyright: ignore[reportMissingImports]
    BuildHookInterface,
)


class CompileCore(BuildHookInterface[Any]):
    """Adds `native/built/` to a wheel, which is then of this platform and of any Python.

    A build that sees TensorFlow or JAX (`pip wheel --no-build-isolation`) adds bindings for these
    versions of them, which then need no compiler where the wheel is installed.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # Compiled on first use, as sources change.
            return
        build, frameworks = self._module("build"), self._module("frameworks")
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        try:
            build.build_core(folder / build.file_name("core", ""))
            for name, found in frameworks.FRAMEWORKS.items():
                if importlib.util.find_spec(name):
                    about, flags = found()
                    build.build_binding(name, folder / build.file_name(name, about), flags)
        except build.CannotBuild as error:
            self.app.display_warning(f"native kernels: {error}")
        built = list(folder.iterdir())
        if not built:
            return
        for library in built:
            build_data["force_include"][str(library)] = f"seqvision/native/built/{library.name}"
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _module(self, name: str) -> ModuleType:
        """One of this folder's modules by its path: the package cannot be imported yet."""
        path = Path(self.root) / "seqvision" / "native" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"seqvision_native_{name}", path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
