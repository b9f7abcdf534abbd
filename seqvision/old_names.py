"""Public names that once were: deprecated ones work and warn, removed ones say what to use.

A name that is renamed or goes is a line of `OLD_NAMES`, deprecated for one minor version at least
and removed after it. A function or class without a successor is marked with `deprecated` of
typing_extensions in that time. Names in configs are the registries' affair: an entry's `old_name=`
and `old_options=` go on working, as records with them do.
"""

import warnings
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Old:
    """What became of a public name."""

    new: str
    """The name to use, in full, such as `seqvision.comparison.records.load_records`."""
    since: str
    """The version that renamed it."""
    removed: str | None = None
    """The version that removed it; None as long as it works."""


OLD_NAMES: dict[str, Old] = {}
"""By its name in full, such as `seqvision.load_record`. The packages that others import from ask
here: `seqvision`, `seqvision.layers` and those of the registries."""


def old_name(module: str, name: str) -> Any:
    """What a module's `__getattr__` returns for a name that the module lacks.

    Raises:
        AttributeError: there was never such a name.
        ImportError: it was removed; the message says what to use. An AttributeError would be lost
            in `from seqvision import name`, of which Python makes an ImportError of its own.
    """
    full = f"{module}.{name}"
    old = OLD_NAMES.get(full)
    if old is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    if old.removed is not None:
        raise ImportError(f"{full} was removed in seqvision {old.removed}: use {old.new}")
    # Not a DeprecationWarning, which Python shows to nobody who calls from a package.
    told = f"{full} is called {old.new} since seqvision {old.since}, and will be removed"
    warnings.warn(told, FutureWarning, stacklevel=3)
    package, _, attribute = old.new.rpartition(".")
    return getattr(import_module(package), attribute)
