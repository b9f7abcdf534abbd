"""What every part of a config is made of."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of a config: unknown keys are refused, numbers are not made from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _each_once(seeds: Any) -> Any:
    if isinstance(seeds, list) and len(set(seeds)) < len(seeds):
        raise ValueError("a seed is listed twice")
    return seeds


Seed = Annotated[int, Field(ge=0, lt=2**31)]
Seeds = Annotated[list[Seed], Field(min_length=1)]
EachOnce = AfterValidator(_each_once)
"""Of seeds, each may be there once; a number says how many there are."""
