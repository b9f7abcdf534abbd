"""What a logger is: the base class of the files in this folder, and what they hear of a run."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, NamedTuple


@dataclass(frozen=True)
class Run:
    """A run, as loggers hear of it when it begins."""

    run_id: str
    """`name/hash-sSEED`."""
    name: str
    seed: int
    folder: Path
    config: dict[str, Any]
    """Resolved, every default filled in."""
    started: str
    """When, in ISO 8601. With name and seed it tells a run from the same one trained anew."""

    @property
    def parameters(self) -> dict[str, str | float | bool]:
        """The config's values by their paths, `train.optimizer.learning_rate`; lists are texts."""
        sections = {key: self.config[key] for key in ("data", "model", "train")}
        found = dict(_flat(sections, ""))
        found.pop("train.seeds", None)  # Of which this run has one.
        return found


class Point(NamedTuple):
    """What was measured at a training step."""

    step: int
    """Of the run, from 1."""
    time: float
    """Seconds since 1970."""
    values: dict[str, float]
    """By name: `train/loss`, `validation/error_rate`, …; all are finite."""


class Logger(ABC):
    """Logs one run after another.

    A subclass may have options, as parameters of its constructor after `results`. Its card may say,
    to `LOGGERS.register`:
        packages: by module, what must be installed, besides seqvision itself.
        extra: the extra that installs them.

    `begin`, `log` and `end` are called in a thread of their own, in this order. What they raise is
    logged as a warning, and the logger hears no more of the run.

    Args:
        results: the folder that records go to.
    """

    card: ClassVar[dict[str, Any]]

    def __init__(self, results: Path):
        self.results = results

    @property
    @abstractmethod
    def where(self) -> str:
        """Where a person finds what was logged, or the command that shows it."""

    def prepare(self) -> None:  # noqa: B027  (most have nothing to do)
        """Make what several processes will write to; called by one, before any run begins."""

    @abstractmethod
    def has(self, run: Run) -> bool:
        """Whether this run was logged, from its beginning to its end."""

    @abstractmethod
    def begin(self, run: Run) -> None:
        """A run begins, or goes on, and everything about it is logged anew.

        What was logged of it before it was cut short is replaced.
        """

    @abstractmethod
    def log(self, points: Sequence[Point]) -> None:
        """Some training steps ended; several points may be of one step, and none of an earlier."""

    @abstractmethod
    def end(self, record: Mapping[str, Any] | None) -> None:
        """The run ended; `record` is what record.json holds, None if the run was cut short."""


def metrics_of(record: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a record's `metrics`, `timing` and `model`, by the last part of their keys."""
    found = {}
    for section in ("metrics", "timing", "model"):
        for key, value in record.get(section, {}).items():
            if is_number(value):
                found[key] = float(value)
    return found


def is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def seconds(moment: str) -> float:
    """A moment in ISO 8601 as seconds since 1970."""
    return datetime.fromisoformat(moment).timestamp()


def _flat(value: Any, path: str) -> list[tuple[str, Any]]:
    """Pairs of a path and a text, number or bool; a spec's `name` is at the spec's own path."""
    if value is None:
        return []
    if isinstance(value, dict):
        below = f"{path}." if path else ""
        return [
            pair
            for key, each in value.items()
            for pair in _flat(each, path if path and key == "name" else f"{below}{key}")
        ]
    return [(path, json.dumps(value) if isinstance(value, list) else value)]
