"""What is known of a trial before and after its runs."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Proposal:
    """A trial to be: what to put into the config."""

    number: int
    """From 1, in the order asked."""
    values: dict[str, Any]
    """By path, of the parameters that are in use."""
    epochs: int | None = None
    """How far Hyperband has it trained; None is all of the config's epochs."""
    after: int | None = None
    """The trial that it goes on from."""


@dataclass(frozen=True)
class Told:
    """How a trial ended."""

    proposal: Proposal
    status: Literal["finished", "stopped", "failed"]
    """`stopped`: by the median rule, `value` being what it had come to."""
    value: float | None
    """The objective, the mean over the seeds; None of a failed trial."""
    runs: list[dict[str, Any]]
    """What the table says of each seed's run."""
