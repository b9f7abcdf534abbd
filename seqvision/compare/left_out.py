"""Tells of a run that charts leave out: once, though each of them reads its files."""

import logging
from functools import lru_cache
from pathlib import Path

_log = logging.getLogger(__name__)


@lru_cache(maxsize=10_000)
def tell_left_out(file: Path, reason: str) -> None:
    """Log, if it has not been logged before, why a run's file is of no use."""
    _log.warning("%s: left out: %s", file, reason.removeprefix(f"{file}: "))
