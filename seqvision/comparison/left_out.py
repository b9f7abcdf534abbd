"""Warns of files that are left out: one line for each reason, however many files it concerns."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_log = logging.getLogger(__name__)
_found: ContextVar[dict[str, dict[str, str]] | None] = ContextVar("left out", default=None)


def leave_out(file: str | Path, reason: str, problem: Exception | None = None) -> None:
    """Leave out a file, or a run's folder, with a warning.

    Args:
        reason: files with the same one share a line.
        problem: what is wrong with this one.
    """
    detail = getattr(problem, "strerror", None) or str(problem or "")
    with grouped_warnings():
        found = _found.get()
        assert found is not None
        found.setdefault(reason, {}).setdefault(str(file), detail)


@contextmanager
def grouped_warnings() -> Iterator[None]:
    """Collect what is left out within, and log it at the end of the outermost such block."""
    if _found.get() is not None:
        yield
        return
    outside = _found.set({})
    try:
        yield
    finally:
        found = _found.get() or {}
        _found.reset(outside)
        for reason, files in found.items():
            _log.warning(_in_words(reason, files))


def _in_words(reason: str, files: dict[str, str]) -> str:
    (first, detail), *others = files.items()
    if others:
        said = f"{first} and {len(others)} more: {reason}"
        return f"{said}; of the first: {detail}" if detail else said
    return f"{first}: {reason}: {detail}" if detail else f"{first}: {reason}"
