"""The types with which datasets, inputs, scans, cells and families annotate their options."""

import re
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, Field
from pydantic_core import CoreSchema, core_schema

from seqvision.registry import Parameter


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
        from seqvision.specs import check_spec, option_error  # Which needs the types here.

        with option_error():
            return check_spec(self.kind, value)


CellSpec = Annotated[str | dict[str, Any], Spec("cell")]
WrapperSpec = Annotated[str | dict[str, Any], Spec("wrapper")]
ScanSpec = Annotated[str | dict[str, Any], Spec("scan")]
MixerSpec = Annotated[str | dict[str, Any], Spec("mixer")]
InputSpec = Annotated[str | dict[str, Any], Spec("input")]
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
KernelSizes = Annotated[list[PositiveInt], Field(min_length=1, max_length=1000)]
"""How many steps each convolution sees."""
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
    "MixerSpec": MixerSpec,
    "InputSpec": InputSpec,
    "DatasetSpec": DatasetSpec,
    "PositiveInt": PositiveInt,
    "PositiveFloat": PositiveFloat,
    "Rate": Rate,
    "Share": Share,
    "Units": Units,
    "KernelSizes": KernelSizes,
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
