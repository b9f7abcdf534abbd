"""Cases that every run of the tests has, and others that do the same and wait for `-m slow`."""

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def all_but(first: Collection[Any], cases: Iterable[Any]) -> list[Any]:
    """Cases for `parametrize`, of which all but `first` are slow."""
    return [_marked(case, () if case in first else pytest.mark.slow) for case in cases]


def _marked(case: Any, marks: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else [case]), marks=marks)
