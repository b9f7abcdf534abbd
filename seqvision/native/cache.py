"""What was compiled, kept for the next process: beside the sources, or in the user's cache."""

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from seqvision.cache_folder import cache_folder
from seqvision.native.build import SOURCES, CannotBuild, build_binding, compiler, file_name
from seqvision.native.frameworks import FRAMEWORKS

log = logging.getLogger("seqvision")

BUILT = SOURCES / "built"
"""Where the package's own build puts libraries."""


def library(name: str, about: str, build: Callable[[Path], None]) -> Path:
    """The path of a library, which is compiled if it is nowhere.

    Args:
        name: `core`, or that of a binding.
        about: what it depends on apart from its sources, such as a version of TensorFlow.
        build: writes it to a path.

    Raises:
        CannotBuild: it is not there, and cannot be compiled; a failure is remembered, so that it is
            not tried again by every process.
    """
    file = file_name(name, about)
    ahead = BUILT / file
    if ahead.is_file():
        return ahead
    folder = cache_folder("native")
    path, failed = folder / file, folder / f"{file}.failed"
    if path.is_file():
        return path
    told = " ".join(compiler())
    if failed.is_file() and failed.read_text("utf-8").startswith(told + "\n"):
        raise CannotBuild(failed.read_text("utf-8").partition("\n")[2].strip())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            if not path.is_file():
                _build(name, path, build)
    except OSError as error:
        raise CannotBuild(f"{folder}: {error.strerror or error}") from None
    except CannotBuild as error:
        failed.write_text(f"{told}\n{error}\n", "utf-8")
        raise
    return path


def binding(name: str) -> Path:
    """The path of the binding of a framework, which is compiled if it is nowhere.

    Raises:
        CannotBuild: as above.
    """
    about, flags = FRAMEWORKS[name]()
    return library(name, about, lambda to: build_binding(name, to, flags))


def _build(name: str, path: Path, build: Callable[[Path], None]) -> None:
    log.warning("Compiling the native %s, once; it takes some seconds", name)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        build(made)
        made.replace(path)
    log.info("Compiled %s in %.0f s", path, time.perf_counter() - start)
