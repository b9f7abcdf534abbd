"""How the learning rate changes during a run: the options of `train.schedule`."""

from typing import Annotated, Literal

from pydantic import Field

from seqvision.config.section import Section
from seqvision.options import PositiveFloat, Share


class OneCycle(Section):
    """Up to the optimizer's learning rate and down again (Smith & Topin, arXiv 1708.07120)."""

    name: Literal["one_cycle"]
    warmup: Share = 0.25
    """The share of the run that rises to the peak, which is the optimizer's `learning_rate`."""
    start: Share = 0.04
    """The rate at the beginning, as a share of the peak."""
    end: Share = 0.0001
    """The rate at the end, as a share of the peak."""


class Cosine(Section):
    """A linear warm-up, then half a cosine (Loshchilov & Hutter, arXiv 1608.03983)."""

    name: Literal["cosine"]
    warmup: Share = 0.0
    end: Share = 0.0


class Step(Section):
    """The rate times `factor` at each of the shares of the run in `at`."""

    name: Literal["step"]
    at: Annotated[list[Share], Field(min_length=1)] = Field(default=[0.5, 0.75])
    factor: PositiveFloat = 0.1


Schedule = Annotated[OneCycle | Cosine | Step, Field(discriminator="name")]
