"""What a config says beyond the defaults: with the seed it decides a run's result.

A run's hash is made of this alone, so an option that is added later renames no run if its default
changes nothing. A changed default would: new behaviour gets an option instead.
"""

import typing
from typing import Any

from seqvision.options import Spec, type_of
from seqvision.registry import REGISTRIES, REQUIRED
from seqvision.specs import name_and_options


def differing_options(kind: str, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a registered thing, checked already, that differ from its defaults.

    Args:
        kind: its registry's: `cell`, `family` …
    """
    entry = REGISTRIES[kind].entry(name)
    parameters = {p.name: p for p in entry.parameters}
    first = {new: old for old, new in entry.card.get("old_options", {}).items()}
    differing = {}
    for key, value in options.items():
        parameter = parameters[key]
        value = _shortest(_kind_of(type_of(parameter)), value)
        if parameter.default is REQUIRED or value != parameter.default:
            differing[first.get(key, key)] = value
    return differing


def first_name(kind: str, name: str) -> str:
    """The first name of a registered thing, which goes into hashes: renaming changes none."""
    return REGISTRIES[kind].entry(name).card.get("old_name", name)


def shortest_spec(kind: str, spec: str | dict[str, Any]) -> str | dict[str, Any]:
    """A spec without options that have their default: `{name: gru, seed: null}` is `gru`."""
    name, options = name_and_options(spec)
    options = differing_options(kind, name, options)
    name = first_name(kind, name)
    return {"name": name, **options} if options else name


def _shortest(kind: str | None, value: Any) -> Any:
    """A value with each spec in it shortened; unchanged if it holds none, whose kind is None."""
    if kind is None or value is None:
        return value
    if isinstance(value, list):
        return [_shortest(kind, each) for each in value]
    return shortest_spec(kind, value)


def _kind_of(annotation: Any) -> str | None:
    """The kind of the specs in an annotation such as `list[ScanSpec]`; None if there are none."""
    for note in getattr(annotation, "__metadata__", ()):
        if isinstance(note, Spec):
            return note.kind
    return next(filter(None, map(_kind_of, typing.get_args(annotation))), None)
