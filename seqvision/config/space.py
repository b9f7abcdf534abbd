"""The space of a search: which options it may change, and to which values."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from seqvision.config.section import Section
from seqvision.errors import did_you_mean
from seqvision.options import PositiveFloat, PositiveInt
from seqvision.specs import OptionError, option_error

_MOST_STEPS = 1_000_000

When = Annotated[dict[str, Any], Field(min_length=1)]
"""The value, or list of values, of earlier parameters with which this one is in use."""


class Choice(Section):
    """One of several values of any kind."""

    choice: Annotated[list[Any], Field(min_length=1)]
    when: When | None = None

    @field_validator("choice")
    @classmethod
    def _different_values(cls, choice: list[Any]) -> list[Any]:
        for place, value in enumerate(choice):
            if value in choice[:place]:
                raise ValueError(f"{value!r} is listed twice")
        return choice


class Range(Section):
    """A number from a range, both ends included."""

    step: Any
    log: bool = False
    """Spread evenly in the logarithm; `step` is then a factor."""
    when: When | None = None

    @property
    def bounds(self) -> tuple[Any, Any]:
        raise NotImplementedError

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        low, high = self.bounds
        if not low < high:
            raise ValueError(f"the lower end comes first and is smaller, got {[low, high]}")
        if self.log and low <= 0:
            raise ValueError(f"on a logarithmic scale a range begins above 0, got {low}")
        if self.log and self.step is not None and self.step <= 1:
            raise ValueError(f"with log, step is a factor above 1, got {self.step}")
        if self.step is not None:
            # Checked before anybody makes a list of them.
            steps = math.log(high / low, self.step) if self.log else (high - low) / self.step
            if steps > _MOST_STEPS:
                raise ValueError(f"{steps:,.0f} steps from {low} to {high} are out of proportion")
        return self


class IntRange(Range):
    """A whole number from a range, both ends included."""

    ends: Annotated[list[int], Field(min_length=2, max_length=2, alias="int")]
    step: PositiveInt | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        return self.ends[0], self.ends[1]


class FloatRange(Range):
    """A number from a range, both ends included."""

    ends: Annotated[
        list[Annotated[float, Field(allow_inf_nan=False)]],
        Field(min_length=2, max_length=2, alias="float"),
    ]
    step: PositiveFloat | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        return self.ends[0], self.ends[1]


class Boolean(Section):
    """True or false."""

    boolean: Literal[True]
    when: When | None = None


class Fixed(Section):
    """One value, such as one that belongs to a choice."""

    fixed: Any
    when: When | None = None


KINDS: dict[str, type[Section]] = {
    "choice": Choice,
    "int": IntRange,
    "float": FloatRange,
    "boolean": Boolean,
    "fixed": Fixed,
}


def _kind(spec: Any) -> str:
    """The tag of a parameter, read from a config or about to be written to one."""
    if isinstance(spec, Section):
        return f"[{next(kind for kind, section in KINDS.items() if isinstance(spec, section))}]"
    return f"[{next(kind for kind in KINDS if kind in spec)}]"


# The brackets keep pydantic's words for the branches out of the paths that a person reads.
Parameter = Annotated[
    Annotated[Choice, Tag("[choice]")]
    | Annotated[IntRange, Tag("[int]")]
    | Annotated[FloatRange, Tag("[float]")]
    | Annotated[Boolean, Tag("[boolean]")]
    | Annotated[Fixed, Tag("[fixed]")],
    Discriminator(_kind),
]


def needed(parameter: Any, space: dict[str, Any]) -> dict[str, list[Any]]:
    """For each parameter that this one depends on, the values with which this one is in use."""
    return {
        parent: [value] if value in values(space[parent]) else value
        for parent, value in (parameter.when or {}).items()
    }


def values(parameter: Any) -> list[Any]:
    """The values of a parameter that others may depend on; none of a range."""
    match parameter:
        case Choice():
            return parameter.choice
        case Boolean():
            return [True, False]
        case Fixed():
            return [parameter.fixed]
    return []


def _of_known_kind(path: str, spec: Any) -> Any:
    if spec == "boolean":
        return {"boolean": True}
    kinds = [kind for kind in KINDS if isinstance(spec, dict) and kind in spec]
    if len(kinds) != 1:
        raise OptionError(
            (path,), f"expected one of {', '.join(KINDS)}, such as {{choice: [gru, lstm]}}"
        )
    section = KINDS[kinds[0]]
    known = [field.alias or name for name, field in section.model_fields.items()]
    for key in spec:
        if key not in known:
            near = did_you_mean(str(key), known)
            raise OptionError((path, key), f"unknown key {key!r}{near} (known: {', '.join(known)})")
    return spec


_NOT_OF_A_RUN = {"name", "description", "grid", "tune"}


def _check_path(path: str, above: dict[str, Any]) -> None:
    if not all(path.split(".")):
        raise OptionError((path,), "expected a path such as model.dropout")
    if path.partition(".")[0] in _NOT_OF_A_RUN or path == "train.seeds":
        raise OptionError((path,), "does not change what a run of a seed ends with")
    for other in above:
        if other.startswith(f"{path}."):
            raise OptionError((path,), f"replaces what {other} sets: put it above that")


def _check_when(path: str, parent: str, value: Any, above: dict[str, Any]) -> None:
    place = (path, "when", parent)
    if parent not in above:
        near = did_you_mean(parent, above)
        raise OptionError(place, f"{parent} is not a parameter that stands above{near}")
    known = values(above[parent])
    if not known:
        raise OptionError(place, f"{parent} is a range; only choices decide what is in use")
    if value in known:
        return
    if not isinstance(value, list) or not value or not all(each in known for each in value):
        raise OptionError(place, f"{parent} is never {value!r} (it is one of: {known})")


def _of_known_kinds(space: Any) -> Any:
    with option_error():
        if not isinstance(space, dict) or not space:
            example = "model.dropout: {float: [0.0, 0.5]}"
            raise OptionError((), f"needs at least one parameter, such as `{example}`")
        return {path: _of_known_kind(path, spec) for path, spec in space.items()}


def _can_be_searched(space: dict[str, Any]) -> dict[str, Any]:
    with option_error():
        above: dict[str, Any] = {}
        for path, parameter in space.items():
            _check_path(path, above)
            for parent, value in (parameter.when or {}).items():
                _check_when(path, parent, value, above)
            above[path] = parameter
    return space


Space = Annotated[
    dict[str, Parameter], BeforeValidator(_of_known_kinds), AfterValidator(_can_be_searched)
]
"""Parameters by the path of what they change, such as `model.dropout`."""
