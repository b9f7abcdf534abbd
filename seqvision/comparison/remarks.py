"""What a person adds to a page of published results, read from YAML."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from seqvision.config.read import read_file
from seqvision.errors import ConfigError
from seqvision.specs import first_problem

_Kind = TypeVar("_Kind", bound=BaseModel)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Question(_Section):
    """A question and the pairs of models that answer it; the first of each minus the second."""

    ask: str
    pairs: Annotated[
        list[Annotated[list[str], Field(min_length=2, max_length=2)]], Field(min_length=1)
    ]


Figure = Annotated[str, Field(pattern=r"^\d+(\.\d+)?( ± \d+(\.\d+)?)?$")]
"""In percent, with its spread as its source has it: `96.5 ± 0.7`."""


class Other(_Section):
    """Somebody else's published figure for the same task, an error or an accuracy."""

    dataset: str
    what: str
    error: Figure | None = None
    accuracy: Figure | None = None
    source: str

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.error is None) == (self.accuracy is None):
            raise ValueError("expected either an error or an accuracy, in percent")
        return self

    def figure(self, metric: str) -> str:
        """The figure as `test_error` or `test_accuracy`, whichever of them its source has."""
        own, other = self.error, self.accuracy
        if metric == "test_accuracy":
            own, other = other, own
        if own is not None:
            return own
        mean, *spread = (other or "").split(" ± ")
        return " ± ".join([str(100 - Decimal(mean)), *spread])


class Crossed(_Section):
    """A table of mean errors: a row for each value of one column, a column for each of another.

    Columns are those of `load_records`, such as `model.mixer` and `model.scan`.
    """

    title: str
    rows: str
    columns: str


class Notes(_Section):
    """What a person adds to the numbers."""

    remarks: list[str] = []
    """What a reader should know before the tables."""
    speeds: bool = True
    """Whether speeds are shown: not if the runs had the machine to themselves unequally."""
    crossed: list[Crossed] = []
    """Tables that come before those with all runs."""
    questions: list[Question] = []
    others: list[Other] = []


def read_notes(path: Path) -> Notes:
    """Read questions and others' figures from YAML.

    Raises:
        ConfigError: `file:line:column: what is wrong`.
    """
    return read_as(path, Notes)


def read_as(path: Path, kind: type[_Kind]) -> _Kind:
    """Read YAML of a given kind.

    Raises:
        ConfigError: `file:line:column: what is wrong`.
    """
    document = read_file(path)
    try:
        return kind.model_validate(document.values)
    except ValidationError as error:
        place, message, _ = first_problem(error)
        dotted = ".".join(map(str, place))
        raise ConfigError(f"{document.where(place)}: {dotted}: {message}") from None
