"""Imports Keras only when it is needed, as it takes seconds, and without TensorFlow's messages.

Half of these seconds go to packages that Keras and TensorFlow use in a corner each, and import as
soon as they are installed. Here these corners wait until they are used.
"""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Any

from seqvision.errors import SeqvisionError

_CORNERS = ("keras.src.visualization", "keras.visualization", "keras.wrappers")
"""Of Keras: visualization imports matplotlib, wrappers imports scikit-learn."""

_hidden: list[str] = []


def import_keras() -> ModuleType:
    """Import Keras and its backend; return it.

    Raises:
        SeqvisionError: the backend is not installed.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    try:
        with quietly(), corners_later():
            return importlib.import_module("keras")
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "jax", "torch"):
            raise
        raise SeqvisionError(
            f"Keras's backend is {error.name}, which is not installed: set KERAS_BACKEND to "
            f"another, or pip install {error.name}"
        ) from error


@contextlib.contextmanager
def corners_later() -> Iterator[None]:
    """Leave corners of Keras and TensorFlow for later, if they are imported within."""
    finder = _CornerFinder()
    sys.meta_path.insert(0, finder)
    # TensorFlow Lite's converter of JAX's functions, deprecated in TensorFlow, imports all of JAX.
    is_corner = os.environ.get("KERAS_BACKEND", "tensorflow") != "jax"
    try:
        with hidden("jax") if is_corner else contextlib.nullcontext():
            yield
    finally:
        sys.meta_path.remove(finder)


@contextlib.contextmanager
def hidden(package: str) -> Iterator[None]:
    """Let a package look to Keras as if it were not installed, unless it is imported already."""
    if package not in sys.modules:
        sys.modules[package] = None  # type: ignore[assignment]
        _hidden.append(package)
    try:
        yield
    finally:
        show_hidden()


def show_hidden() -> None:
    """End what `hidden` does: other people's cells, which come with Keras, may need it."""
    while _hidden:
        del sys.modules[_hidden.pop()]


class _CornerFinder(MetaPathFinder):
    """Finds corners of Keras, and has them executed when something of them is first used."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path) if name in _CORNERS else None
        if spec and spec.loader:
            spec.loader = _Later(spec.loader)
        return spec


class _Later(LazyLoader):
    def exec_module(self, module: ModuleType) -> None:
        module.__spec__.loader = module.__loader__ = self.loader  # type: ignore[union-attr]
        module.__class__ = _Corner


class _Corner(ModuleType):
    """A module that is executed when something is first used that it lacks until then.

    Python's own lazy module is executed by a look at its file too, which `inspect` and TensorFlow,
    when it reads a function's source, take at every module there is.
    """

    def __getattr__(self, name: str) -> Any:
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__spec__.loader.exec_module(self)  # type: ignore[union-attr]
        return getattr(self, name)


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Hold stderr back while TensorFlow may be imported, and show it only if that fails.

    TensorFlow 2.21 writes messages before it reads TF_CPP_MIN_LOG_LEVEL.
    """
    level = os.environ.get("TF_CPP_MIN_LOG_LEVEL")
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = level or "3"
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(stderr, kept.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            if level is None:  # TensorFlow has read it, and child processes must not inherit it.
                del os.environ["TF_CPP_MIN_LOG_LEVEL"]
