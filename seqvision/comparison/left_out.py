"""Tells of files that are left out: a line a reason, however many files and whoever reads them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_log = logging.getLogger(__name__)
_found: ContextVar[dict[str, dict[str, str]] | None] = ContextVar("left out", default=None)


def leave_out(file: str | Path, reason: str, problem: Exception | None = None) -> None:
    """Note that a file, or a run's folder, is of no use.

    Args:
        reason: files of the same reason share a line.
        problem: what is wrong with this one.
    """
    detail = getattr(problem, "strerror", None) or str(problem or "")
    with told_together():
        found = _found.get()
        assert found is not None
        found.setdefault(reason, {}).setdefault(str(file), detail)


@contextmanager
def told_together() -> Iterator[None]:
    """Keep what is left out within, and log it at the end of the outermost such block."""
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
