"""The registry: every dataset, input, scan, cell, wrapper, mixer and family by name.

A registry belongs to one package, such as `seqvision.cells`, whose files enter what they define
with the decorator `register`. What they enter is kept in an index too (`seqvision.index`), so that
names and options are known before anything is imported. Other people's packages add theirs through
entry points, a notebook adds its own with the decorator.
"""

import fnmatch
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.index import indexed
from seqvision.old_names import old_name

REGISTRIES: dict[str, "Registry"] = {}
"""Every registry by its kind: `dataset`, `cell`, `family`, `logger`, …"""

REQUIRED: Any = object()
"""The default of a parameter that has none."""

_elsewhere = ContextVar("elsewhere", default=False)


@contextmanager
def as_elsewhere() -> Iterator[None]:
    """Within it, registries hold what another process finds too, not what this one registered."""
    token = _elsewhere.set(True)
    try:
        yield
    finally:
        _elsewhere.reset(token)


@dataclass(frozen=True, eq=False)
class Parameter:
    """An option of a registered thing."""

    name: str
    annotation: Any = None
    """Its type, or the index's notation of it (`seqvision.options.type_of`), or None."""
    default: Any = REQUIRED


@dataclass(frozen=True)
class Entry:
    """What is known of a registered thing; it need not have been imported."""

    name: str
    module: str
    attribute: str
    summary: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    """What its author says of it in the decorator, such as `paper="arXiv 1406.1078"`."""
    parameters: tuple[Parameter, ...] = ()
    """Its options, which a config may set."""

    def load(self) -> Any:
        """Import and return the thing itself."""
        return getattr(importlib.import_module(self.module), self.attribute)


class Registry:
    """Names and what they stand for.

    Args:
        kind: what is registered, in the singular, as messages say it: `"cell"`.
        package: the package whose files register what they define.
        group: the entry-point group that other packages add to; the package's name if not given.
        given: the parameters that code passes, which a config may not set.
        of_keras: whether its files import Keras, which then comes first (`seqvision.with_keras`).

    Example, in a file of the package:

        @CELLS.register("gru", paper="arXiv 1406.1078")
        class GRUCell(...): ...
    """

    def __init__(
        self,
        kind: str,
        package: str,
        group: str | None = None,
        given: tuple[str, ...] = (),
        of_keras: bool = False,
    ):
        self.kind = kind
        self.package = package
        self.group = group or package
        self.given = given
        self.of_keras = of_keras
        self._imported: dict[str, Any] = {}
        """What the decorator entered, from this package's files or from anywhere else."""
        REGISTRIES[kind] = self

    @property
    def folder(self) -> Path:
        """Where this package's files are."""
        return Path(str(importlib.import_module(self.package).__file__)).parent

    @cached_property
    def _own(self) -> dict[str, Entry]:
        """What this package's files register, from the index unless they have changed since."""
        entries = indexed(self.kind, self.folder)
        if entries is None:
            return self.import_all()
        return {name: _entry_of_index(name, **values) for name, values in entries.items()}

    def import_all(self) -> dict[str, Entry]:
        """Import this package's files and describe what they register."""
        for path in sorted(self.folder.glob("[!_]*.py")):
            importlib.import_module(f"{self.package}.{path.stem}")
        things = {name: thing for name, thing in self._imported.items() if self._is_own(thing)}
        return {name: self._entry_of(name, things[name]) for name in sorted(things)}

    def _is_own(self, thing: Any) -> bool:
        return thing.__module__.rpartition(".")[0] == self.package

    @property
    def _added(self) -> dict[str, Any]:
        """What this process registered besides, in a notebook for instance."""
        if _elsewhere.get():
            return {}
        return {name: thing for name, thing in self._imported.items() if not self._is_own(thing)}

    @cached_property
    def _plugged_in(self) -> dict[str, EntryPoint]:
        """What installed packages add through entry points."""
        found: dict[str, EntryPoint] = {}
        for point in entry_points(group=self.group):
            if point.name in self._own or point.name in found:
                raise self._taken(point.name, f"the installed package that gives {point.value}")
            found[point.name] = point
        return found

    def register(self, name: str, **card: Any) -> Callable[[Any], Any]:
        """Decorate a class or function to enter it under `name`; `card` holds facts about it.

        Raises:
            SeqvisionError: the name is taken.
        """

        def enter(thing: Any) -> Any:
            thing.card = card
            if not self._is_own(thing):
                if name in self._plugged_in:
                    return thing  # The file behind an entry point, being imported.
                if name in self._own:
                    raise self._taken(name, thing.__module__)
            known = self._imported.setdefault(name, thing)
            if known.__module__ != thing.__module__ or known.__qualname__ != thing.__qualname__:
                raise self._taken(name, f"{known.__module__} and {thing.__module__}")
            self._imported[name] = thing
            return thing

        return enter

    def __contains__(self, name: object) -> bool:
        """Whether something is, or once was, registered under a name."""
        return name in self._old_names or name in self.names()

    @property
    def _old_names(self) -> dict[str, str]:
        """The new name for each old name of seqvision's own entries."""
        own = self._own.items()
        return {e.card["old_name"]: name for name, e in own if "old_name" in e.card}

    def names(self, pattern: str = "*") -> list[str]:
        """The names that match a shell pattern such as `"*gru*"`, sorted."""
        known = {*self._own, *self._plugged_in, *self._added}
        return sorted(fnmatch.filter(known, pattern))

    def entry(self, name: str) -> Entry:
        """What is known of a name, old or new; imports only what is not seqvision's own.

        Raises:
            UnknownName: nothing of this name is registered.
        """
        name = self._old_names.get(name, name)
        if name in self._own:
            return self._own[name]
        thing = self._added.get(name)
        if thing is None:
            if name not in self._plugged_in:
                known = self.names()
                raise UnknownName(
                    f"unknown {self.kind} {name!r}{did_you_mean(name, known)} "
                    f"(known: {', '.join(known)})"
                )
            thing = self._plugged_in[name].load()
        return self._entry_of(name, thing)

    def get(self, name: str) -> Any:
        """Return what is registered under a name, importing it if need be.

        Raises:
            UnknownName: nothing of this name is registered.
        """
        if name in self._added:
            return self._added[name]
        if name in self._own or name not in self._plugged_in:
            return self.entry(name).load()
        return self._plugged_in[name].load()

    def modules(self) -> list[str]:
        """The modules that define what is registered, by seqvision and by installed packages."""
        own = [entry.module for entry in self._own.values()]
        return sorted({*own, *(point.module for point in self._plugged_in.values())})

    def attribute(self, name: str) -> Any:
        """Return the class or function that this package registers, by its Python name.

        It is the package's `__getattr__`: `from seqvision.cells import GRUCell` imports one file.
        """
        for entry in self._own.values() if not name.startswith("_") else ():
            if entry.attribute == name:
                return entry.load()
        return old_name(self.package, name)

    def attributes(self) -> list[str]:
        """The Python names that `attribute` knows."""
        return sorted(entry.attribute for entry in self._own.values())

    def _entry_of(self, name: str, thing: Any) -> Entry:
        """Describe a thing that has been imported."""
        summary = (inspect.getdoc(thing) or "").partition("\n")[0]
        parameters = tuple(p for p in options_of(thing) if p.name not in self.given)
        card = getattr(thing, "card", {})
        return Entry(name, thing.__module__, thing.__qualname__, summary, card, parameters)

    def _taken(self, name: str, where: str) -> SeqvisionError:
        return SeqvisionError(f"the {self.kind} name {name!r} is registered twice: by {where}")


def _entry_of_index(name: str, parameters: dict[str, Any], **values: Any) -> Entry:
    """An entry of the index; a parameter there is `[type]` or `[type, default]`."""
    return Entry(name, **values, parameters=tuple(Parameter(k, *v) for k, v in parameters.items()))


def options_of(thing: Any) -> Iterator[Parameter]:
    """The options of a thing: its parameters, except those that every Keras layer has.

    A class whose constructor has `**kwargs` passes them to its base class, whose options it then
    has too.
    """
    constructors, of_every_layer = [thing], {}
    if inspect.isclass(thing):
        constructors = [vars(c)["__init__"] for c in thing.__mro__ if "__init__" in vars(c)]
        if keras := sys.modules.get("keras"):
            of_every_layer = inspect.signature(keras.layers.Layer.__init__).parameters
    found = dict.fromkeys([*of_every_layer, "self"])
    for constructor in constructors:
        signature = inspect.signature(constructor, eval_str=True).parameters.values()
        for p in signature:
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.name in found:
                continue
            found[p.name] = None
            annotation = None if p.annotation is p.empty else p.annotation
            yield Parameter(p.name, annotation, REQUIRED if p.default is p.empty else p.default)
        if not any(p.kind is p.VAR_KEYWORD for p in signature):
            return
