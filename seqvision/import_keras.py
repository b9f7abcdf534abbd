"""Imports Keras only when it is needed, as it takes seconds, and without TensorFlow's messages."""

import contextlib
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType

from seqvision.errors import SeqvisionError


def import_keras() -> ModuleType:
    """Import Keras and its backend; return it.

    Raises:
        SeqvisionError: the backend is not installed.
    """
    if "keras" in sys.modules:
        return sys.modules["keras"]
    try:
        with quietly():
            return importlib.import_module("keras")
    except ModuleNotFoundError as error:
        if error.name not in ("tensorflow", "jax", "torch"):
            raise
        raise SeqvisionError(
            f"Keras's backend is {error.name}, which is not installed: set KERAS_BACKEND to "
            f"another, or pip install {error.name}"
        ) from error


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
