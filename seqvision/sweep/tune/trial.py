"""What is known of a trial before and after its runs."""

from dataclasses import dataclass
from typing import Any, Literal

from seqvision.config.search import Tunable


@dataclass(frozen=True)
class Proposal:
    """What an oracle proposes to try."""

    number: int
    """The trial's, from 1, in the order proposed."""
    values: dict[str, Any]
    """By path, of the parameters that are in use."""
    epochs: int | None = None
    """How far Hyperband has it trained; None is all of the config's epochs."""
    after: int | None = None
    """The trial that it goes on from."""


@dataclass(frozen=True)
class EndedTrial:
    """How a trial ended."""

    proposal: Proposal
    status: Literal["finished", "stopped", "failed"]
    """`stopped`: by the median rule, `value` being the objective at that epoch."""
    value: float | None
    """The objective, the mean over the seeds; None of a failed trial."""
    runs: list[dict[str, Any]]
    """What trials.csv says of each seed's run."""


def trial_name(tunable: Tunable, number: int) -> str:
    """The name of a trial's config, and of the folder of its runs."""
    return f"{tunable.name}-t{number:03}"
