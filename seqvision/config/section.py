"""What every part of a config is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of a config: unknown keys are refused, numbers are not made from text."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Seed = Annotated[int, Field(ge=0, lt=2**31)]
Seeds = Annotated[list[Seed], Field(min_length=1)]
