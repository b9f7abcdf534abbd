"""The registry: every dataset, scan, cell, wrapper and family by name.

A registry belongs to one package, such as `seqvision.cells`, and finds what that package's files
register by reading them, not by importing them. Other people's packages add theirs through entry
points, a notebook adds its own with the decorator.
"""

import fnmatch
import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.source import REQUIRED, Parameter, definitions

REGISTRIES: dict[str, "Registry"] = {}
"""Every registry by its kind: `dataset`, `scan`, `cell`, `wrapper`, `family`."""

_elsewhere = ContextVar("elsewhere", default=False)


@contextmanager
def as_elsewhere() -> Iterator[None]:
    """Within it, registries hold only what another process finds too: not what this one added."""
    token = _elsewhere.set(True)
    try:
        yield
    finally:
        _elsewhere.reset(token)


@dataclass(frozen=True)
class Entry:
    """One registered thing, known without having been imported."""

    name: str
    module: str
    attribute: str
    summary: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    """What its author says of it in the decorator, such as `paper="arXiv 1406.1078"`."""
    parameters: tuple[Parameter, ...] = ()
    """The options a config may set; `**kwargs`, meant for Keras's own, are not among them."""

    def load(self) -> Any:
        """Import and return the thing itself."""
        return getattr(importlib.import_module(self.module), self.attribute)


class Registry:
    """Names and what they stand for.

    Args:
        kind: what is registered, in the singular, as messages say it: `"cell"`.
        package: the package whose files register themselves.
        group: the entry-point group that other packages add to; the package's name if not given.
        given: the parameters that code passes, which a config therefore may not.

    Example, in a file of the package:

        @CELLS.register("gru", paper="arXiv 1406.1078")
        class GRUCell(...): ...
    """

    def __init__(
        self, kind: str, package: str, group: str | None = None, given: tuple[str, ...] = ()
    ):
        self.kind = kind
        self.package = package
        self.group = group or package
        self.given = given
        self._here: dict[str, Any] = {}
        REGISTRIES[kind] = self

    @property
    def _added(self) -> dict[str, Any]:
        """What this process registered with the decorator, in a notebook for instance."""
        return {} if _elsewhere.get() else self._here

    @cached_property
    def _read(self) -> dict[str, Entry]:
        """What this package's own files register, read from their text."""
        entries: dict[str, Entry] = {}
        folder = Path(str(importlib.import_module(self.package).__file__)).parent
        for path in sorted(folder.glob("*.py")):
            for definition in definitions(path):
                for called, arguments, card in definition.decorators:
                    if not called.endswith(".register") or not arguments:
                        continue
                    name = arguments[0]
                    if name in entries:
                        raise self._taken(name, f"{path.name} and {entries[name].module}")
                    entries[name] = Entry(
                        name,
                        f"{self.package}.{path.stem}",
                        definition.name,
                        definition.summary,
                        card,
                        definition.parameters,
                    )
        return entries

    @cached_property
    def _plugged_in(self) -> dict[str, EntryPoint]:
        """What installed packages add through entry points."""
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group):
            if point.name in self._read or point.name in found:
                raise self._taken(point.name, f"the installed package that gives {point.value}")
            found[point.name] = point
        return found

    def register(self, name: str, **card: Any):
        """Decorate a class or function to enter it under `name`; `card` is literal facts about it.

        Raises:
            SeqvisionError: the name is taken.
        """

        def enter(thing: Any) -> Any:
            if thing.__module__.rpartition(".")[0] == self.package:
                return thing  # Known from its source already.
            thing.card = card
            if name not in self._plugged_in:
                if name in self._read or name in self._added:
                    raise self._taken(name, thing.__module__)
                self._here[name] = thing
            return thing

        return enter

    def names(self, pattern: str = "*") -> list[str]:
        """The names that match a shell pattern such as `"*gru*"`, sorted."""
        known = {*self._read, *self._plugged_in, *self._added}
        return sorted(fnmatch.filter(known, pattern))

    def entry(self, name: str) -> Entry:
        """What is known of a name; imports it only if it is not one of seqvision's own.

        Raises:
            UnknownName: nothing of this name is registered.
        """
        if name in self._read:
            return self._read[name]
        thing = self._added.get(name)
        if thing is None:
            if name not in self._plugged_in:
                known = self.names()
                raise UnknownName(
                    f"unknown {self.kind} {name!r}{did_you_mean(name, known)} "
                    f"(known: {', '.join(known)})"
                )
            thing = self._plugged_in[name].load()
        return _entry_of(name, thing)

    def get(self, name: str) -> Any:
        """Return what is registered under a name, importing it if need be.

        Raises:
            UnknownName: nothing of this name is registered.
        """
        if name in self._added:
            return self._added[name]
        if name in self._read or name not in self._plugged_in:
            return self.entry(name).load()
        return self._plugged_in[name].load()

    def modules(self) -> list[str]:
        """The modules that define what is registered, by seqvision and by installed packages."""
        own = [entry.module for entry in self._read.values()]
        return sorted({*own, *(point.module for point in self._plugged_in.values())})

    def attribute(self, name: str) -> Any:
        """Return the class or function that this package registers, by its Python name.

        It is the package's `__getattr__`: `from seqvision.cells import GRUCell` imports one file.
        """
        for entry in self._read.values() if not name.startswith("_") else ():
            if entry.attribute == name:
                return entry.load()
        raise AttributeError(f"module {self.package!r} has no attribute {name!r}")

    def attributes(self) -> list[str]:
        """The Python names that `attribute` knows."""
        return sorted(entry.attribute for entry in self._read.values())

    def _taken(self, name: str, where: str) -> SeqvisionError:
        return SeqvisionError(f"the {self.kind} name {name!r} is registered twice: by {where}")


def _entry_of(name: str, thing: Any) -> Entry:
    """Describe a thing that has been imported."""
    parameters = []
    for p in inspect.signature(thing, eval_str=True).parameters.values():
        if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            annotation = "" if p.annotation is p.empty else p.annotation
            default = REQUIRED if p.default is p.empty else p.default
            parameters.append(Parameter(p.name, annotation, default))
    return Entry(
        name,
        thing.__module__,
        thing.__qualname__,
        (inspect.getdoc(thing) or "").partition("\n")[0],
        getattr(thing, "card", {}),
        tuple(parameters),
    )
