"""Specs: a registered thing and its options, `gru` or `{name: gru, reset_after: false}`.

Options are checked against the thing's own parameters, so a new cell needs no schema of its own.
"""

import logging
import reprlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.options import Initializer, Regularizer, type_of
from seqvision.registry import REGISTRIES, REQUIRED, Entry, Parameter, Registry

log = logging.getLogger("seqvision")

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_TYPES = {"int", "float", "str", "bool", "dict", "list", "constrained-int", "constrained-float"}
_BRANCHES = {*_TYPES, "Threads"}  # The one section that may be a word as well.


class OptionError(SeqvisionError):
    """A wrong option; `path` leads to it from the top of what was checked."""

    def __init__(self, path: Iterable[str | int], message: str):
        self.path = tuple(path)
        self.message = message
        super().__init__(f"{'.'.join(map(str, self.path))}: {message}" if self.path else message)


def name_and_options(spec: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Split a spec: `{name: gru, reset_after: false}` → `("gru", {"reset_after": False})`."""
    if isinstance(spec, str):
        return spec, {}
    return spec["name"], {key: value for key, value in spec.items() if key != "name"}


def build(registry: Registry, spec: str | dict[str, Any], *given: Any, **more: Any) -> Any:
    """Call what a spec names, with its options and the caller's arguments.

    Raises:
        UnknownName: no such name is registered.
    """
    name, options = name_and_options(spec)
    return registry.get(name)(*given, **more, **as_keras_takes(registry.entry(name), options))


def as_keras_takes(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """Options in which what is Keras's, such as `{name: l2, l2: 0.01}`, is as Keras spells it."""
    keras_own = {p.name for p in entry.parameters if type_of(p) in (Initializer, Regularizer)}

    def spelled(value: Any) -> Any:
        if not isinstance(value, dict) or "name" not in value:
            return value
        name, arguments = name_and_options(value)
        return {"class_name": name, "config": arguments}

    return {key: spelled(value) if key in keras_own else value for key, value in options.items()}


def check_spec(kind: str, spec: Any) -> str | dict[str, Any]:
    """Check a spec's name and options; return it in its shortest form.

    Raises:
        OptionError: with the path to what is wrong and what would be right.
    """
    if isinstance(spec, str):
        name, options = spec, {}
    elif isinstance(spec, dict) and isinstance(spec.get("name"), str):
        name, options = name_and_options(spec)
    else:
        raise OptionError((), f"expected the name of a {kind}, or a mapping with `name:`")
    registry = REGISTRIES[kind]
    entry = known_entry(registry, name, ("name",) if isinstance(spec, dict) else ())
    options = check_options(entry, options)
    return {"name": entry.name, **options} if options else entry.name


def known_entry(registry: Registry, name: str, path: tuple[str, ...] = ()) -> Entry:
    """The entry of a name; if there is none, an `OptionError` at `path` with the known names."""
    try:
        entry = registry.entry(name)
    except UnknownName as error:
        raise OptionError(path, str(error)) from None
    if entry.name != name:
        _say_new_name(f"the {registry.kind}", name, entry.name)
    return entry


def check_options(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """Check each option against the parameter of its name; return them converted.

    Raises:
        OptionError: an option is unknown, missing, of the wrong type or out of range.
    """
    parameters = {p.name: p for p in entry.parameters}
    checked = {}
    for key, value in _newly_named(entry, options).items():
        if key not in parameters:
            known = ", ".join(parameters) or "none"
            near = did_you_mean(str(key), parameters)
            raise OptionError(
                (key,), f"{entry.name!r} has no option {key!r}{near} (options: {known})"
            )
        try:
            checked[key] = _adapter(parameters[key]).validate_python(value)
        except ValidationError as error:
            path, message, _ = first_problem(error)
            raise OptionError((key, *path), message) from None
    for name, parameter in parameters.items():
        if parameter.default is REQUIRED and name not in checked:
            raise OptionError((), f"{entry.name!r} needs the option {name!r}")
    return checked


def _newly_named(entry: Entry, options: dict[str, Any]) -> dict[str, Any]:
    """The options, with old names replaced by new ones."""
    for old, new in entry.card.get("old_options", {}).items():
        if old in options:
            if new in options:
                raise OptionError((old,), f"is the old name of {new!r}, which is given too")
            _say_new_name(f"{entry.name}'s option", old, new)
            options = {new if key == old else key: value for key, value in options.items()}
    return options


@cache
def _say_new_name(what: str, old: str, new: str) -> None:
    """Log the new name, once; the old one still works."""
    log.warning("%s %r is called %r now", what, old, new)


def first_problem(error: ValidationError) -> tuple[tuple[str | int, ...], str, str]:
    """The path to the first error, its message, and pydantic's name for its type."""
    # Each branch of a union reports an error; the one with the longest path says most.
    problem = max(error.errors(), key=lambda e: (e["type"] == "option", len(e["loc"])))
    context, path = problem.get("ctx", {}), _keys(problem)
    if problem["type"] == "option":
        return (*path, *context["path"]), context["message"], "option"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    if problem["type"] == "model_type":
        message = "should be a mapping of keys"
    for other in error.errors():
        if other["type"] == "literal_error" and other is not problem and _keys(other) == path:
            message += f", or {other.get('ctx', {})['expected']}"
    if problem["type"] == "list_type" and isinstance(problem["input"], (int, float, str)):
        message += f" such as [{_SHORT.repr(problem['input'])}]"
    if problem["type"] not in ("value_error", "missing"):
        message = f"{message}, got {_SHORT.repr(problem['input'])}"
    return path, message, problem["type"]


def _keys(problem: Any) -> tuple[str | int, ...]:
    """The path to an error without the branches of unions, which pydantic names within it."""
    return tuple(p for p in problem["loc"] if p not in _BRANCHES and "[" not in str(p))


@lru_cache(4096)
def _adapter(parameter: Parameter) -> TypeAdapter[Any]:
    finite = ConfigDict(strict=True, allow_inf_nan=False)
    return TypeAdapter(type_of(parameter), config=finite)


@contextmanager
def option_error() -> Iterator[None]:
    """Turn an `OptionError` into one that pydantic passes on with its path."""
    try:
        yield
    except OptionError as error:
        context = {"message": error.message, "path": error.path}
        raise PydanticCustomError("option", "{message}", context) from None
