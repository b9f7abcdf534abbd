"""The types of options, with which datasets, scans, cells and families annotate parameters.

A *spec* names a registered thing and its options: `gru`, or `{name: gru, reset_after: false}`.
Options are checked against the thing's own parameters, so a new cell needs no schema of its own.
"""

import logging
import re
import reprlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from seqvision.errors import SeqvisionError, UnknownName, did_you_mean
from seqvision.registry import REGISTRIES, REQUIRED, Entry, Parameter, Registry

log = logging.getLogger("seqvision")


class OptionError(SeqvisionError):
    """A wrong option; `path` leads to it from the top of what was checked."""

    def __init__(self, path: Iterable[str | int], message: str):
        self.path = tuple(path)
        self.message = message
        super().__init__(f"{'.'.join(map(str, self.path))}: {message}" if self.path else message)


def pixel_range(text: str) -> tuple[float, float] | None:
    """The values of black and white pixels: `0..1` → `(0.0, 1.0)`, and `auto` → None.

    Raises:
        ValueError: the text is neither.
    """
    if text == "auto":
        return None
    number = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?)"
    match = re.fullmatch(rf"{number}\.\.{number}", str(text))
    if not match or float(match[1]) >= float(match[2]):
        raise ValueError(f"expected black..white, such as 0..1 or 0..4095, or auto, got {text!r}")
    return float(match[1]), float(match[2])


def _pixels(text: str) -> str:
    pixel_range(text)
    return text


class Spec:
    """Annotates an option that names a registered thing of one kind."""

    def __init__(self, kind: str):
        self.kind = kind

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._checked)

    def _checked(self, value: Any) -> Any:
        with option_error():
            return check_spec(self.kind, value)


CellSpec = Annotated[str | dict[str, Any], Spec("cell")]
WrapperSpec = Annotated[str | dict[str, Any], Spec("wrapper")]
ScanSpec = Annotated[str | dict[str, Any], Spec("scan")]
DatasetSpec = Annotated[str | dict[str, Any], Spec("dataset")]

PositiveInt = Annotated[int, Field(gt=0, le=1_000_000)]
"""A size or a count; no larger one makes sense."""
PositiveFloat = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Rate = Annotated[float, Field(ge=0, lt=1)]
"""The share of values that dropout sets to zero."""
Share = Annotated[float, Field(ge=0, le=1)]


def _in_proportion(units: int) -> int:
    if units > 1_000_000:
        size = 4 * units**2 / 1e9
        raise ValueError(
            f"{units:,} units are out of all proportion: float32 weights from each to each would "
            f"take {size:,.0f} GB"
        )
    return units


_LayerSize = Annotated[int, Field(gt=0), AfterValidator(_in_proportion)]
Units = _LayerSize | Annotated[list[_LayerSize], Field(min_length=1, max_length=1000)]
"""The size of a state, or a list of one size for each layer."""
Pooling = Literal["last", "mean", "max", "attention"]
MergeMode = Literal["concat", "sum", "mul", "ave"]
Activation = str | None
Initializer = str | dict[str, Any]
"""A Keras initializer by name, or `{name: …, argument: …}`."""
Regularizer = str | dict[str, Any] | None
Constraint = str | dict[str, Any] | None
Pixels = Annotated[str, AfterValidator(_pixels)]
"""The values of black and white pixels, `0..1`; `auto` infers them from the data."""
FilePath = str
"""A file or folder; `~` and a path relative to the current folder are fine."""

ImageSize = Annotated[
    list[Annotated[PositiveInt, Field(le=10_000)]], Field(min_length=2, max_length=2)
]
"""Height and width, in pixels."""

_NAMED: dict[str, Any] = {
    "Any": Any,
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "CellSpec": CellSpec,
    "WrapperSpec": WrapperSpec,
    "ScanSpec": ScanSpec,
    "DatasetSpec": DatasetSpec,
    "PositiveInt": PositiveInt,
    "PositiveFloat": PositiveFloat,
    "Rate": Rate,
    "Share": Share,
    "Units": Units,
    "Activation": Activation,
    "Initializer": Initializer,
    "Regularizer": Regularizer,
    "Pixels": Pixels,
    "ImageSize": ImageSize,
}
"""The types that an index calls by name."""

_OF_KERAS: dict[str, Any] = {
    "use_bias": bool,
    "unit_forget_bias": bool,
    "reset_after": bool,
    "dropout": Rate,
    "recurrent_dropout": Rate,
    "seed": int | None,
    **{f"{part}activation": Activation for part in ("", "recurrent_")},
    **{f"{part}_initializer": Initializer for part in ("kernel", "recurrent", "bias")},
    **{f"{part}_regularizer": Regularizer for part in ("kernel", "recurrent", "bias")},
    **{f"{part}_constraint": Constraint for part in ("kernel", "recurrent", "bias")},
}
"""The types of Keras's own arguments, by their names: its signatures have none."""

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_BRANCHES = {"int", "float", "str", "bool", "dict", "list", "constrained-int", "constrained-float"}


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
    return registry.get(name)(*given, **more, **options)


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
    context = problem.get("ctx", {})
    # Pydantic names a union's branch within the path; a person knows only keys and positions.
    path = tuple(p for p in problem["loc"] if p not in _BRANCHES and "[" not in str(p))
    if problem["type"] == "option":
        return (*path, *context["path"]), context["message"], "option"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    message = message[:1].lower() + message[1:]
    if problem["type"] not in ("value_error", "missing"):
        message = f"{message}, got {_SHORT.repr(problem['input'])}"
    return path, message, problem["type"]


@lru_cache(4096)
def _adapter(parameter: Parameter) -> TypeAdapter[Any]:
    return TypeAdapter(type_of(parameter), config=ConfigDict(strict=True))


def type_of(parameter: Parameter) -> Any:
    """The type of a parameter; Any if it has none, and then the constructor checks its value."""
    if parameter.annotation is None:
        return _OF_KERAS.get(parameter.name, Any)
    return from_index(parameter.annotation)


def for_index(annotation: Any) -> Any:
    """A type as JSON: a name, a list of a union's types, `{"list": …}` or `{"one of": […]}`.

    Raises:
        TypeError: it is none of these.
    """
    for name, known in _NAMED.items():
        if annotation == known:
            return name
    if annotation is type(None):
        return None
    arguments = get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return [for_index(each) for each in arguments]
    if get_origin(annotation) is list:
        return {"list": for_index(arguments[0])}
    if get_origin(annotation) is Literal:
        return {"one of": list(arguments)}
    raise TypeError(f"{annotation}: give such a type a name in seqvision/options.py")


def from_index(annotation: Any) -> Any:
    """The type that `for_index` wrote, or the annotation itself if it is a type already."""
    match annotation:
        case str():
            return _NAMED[annotation]
        case list():
            return Union[tuple(map(from_index, annotation))]  # noqa: UP007
        case {"list": of}:
            return list[from_index(of)]
        case {"one of": values}:
            return Literal[tuple(values)]
    return annotation


@contextmanager
def option_error() -> Iterator[None]:
    """Turn an `OptionError` into one that pydantic passes on with its path."""
    try:
        yield
    except OptionError as error:
        context = {"message": error.message, "path": error.path}
        raise PydanticCustomError("option", "{message}", context) from None
