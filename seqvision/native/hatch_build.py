"""Compiles the core into a wheel; without a compiler the wheel is without it."""

import importlib.util
import sysconfig
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import (  # pyright: ignore[reportMissingImports]
    BuildHookInterface,
)


class CompileCore(BuildHookInterface):
    """Adds `native/built/` to a wheel, which is then of this platform and of any Python."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # Compiled on first use, as sources change.
            return
        build = _build_module(Path(self.root))
        self._folder = tempfile.TemporaryDirectory()
        library = Path(self._folder.name) / build.file_name("core", "")
        try:
            build.build_core(library)
        except build.CannotBuild as error:
            self.app.display_warning(f"without native kernels: {error}")
            return
        build_data["force_include"][str(library)] = f"seqvision/native/built/{library.name}"
        build_data["pure_python"] = False
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def _build_module(root: Path) -> ModuleType:
    """build.py by its path: the package around it cannot be imported yet."""
    path = root / "seqvision" / "native" / "build.py"
    spec = importlib.util.spec_from_file_location("seqvision_native_build", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
