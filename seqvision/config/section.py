"""The base class of a config's sections, and types that several of them use."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of a config: unknown keys are refused, text is no number, and numbers are finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _each_once(seeds: Any) -> Any:
    if isinstance(seeds, list) and len(set(seeds)) < len(seeds):
        raise ValueError("a seed is listed twice")
    return seeds


Seed = Annotated[int, Field(ge=0, lt=2**31)]
Seeds = Annotated[list[Seed], Field(min_length=1)]
EachOnce = AfterValidator(_each_once)
"""Refuses a list with the same seed twice; a number, how many seeds, passes."""
