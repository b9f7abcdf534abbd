"""The state of a run between two epochs."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class State:
    """The state of a run besides its weights; kept in the checkpoint as JSON."""

    data: str = ""
    """The checksum of the data."""
    backend: str = ""
    parent: str = ""
    """The SHA-256 of the weights that the run began with; empty if they were random."""
    epochs: int = 0
    """Epochs finished."""
    history: list[dict[str, Any]] = field(default_factory=list)
    steps: list[list[float]] = field(default_factory=list)
    """`[step, loss, error rate]` of training steps."""
    tests: list[list[float]] = field(default_factory=list)
    """`[step, error rate]` on the test images."""
    best: float | None = None
    best_epoch: int = 0
    waiting_from: float | None = None
    waited: int = 0
    seconds: float = 0.0
    """Time spent on finished epochs."""
    steady_seconds: float = 0.0
    steady_images: int = 0
    stopped: str | None = None
    """Why the run ended before its last epoch."""
    callbacks: list[str] = field(default_factory=list)
    """Classes of the user's own callbacks."""
