"""Sends the progress of a run to another process, as plain data."""

import logging
import time
from collections.abc import Callable
from typing import Any

from seqvision.runs.progress import Progress

Event = dict[str, Any]
"""An event of a run, as plain data; the key `event` names it."""

_SECONDS_BETWEEN_STEPS = 0.3


class ProgressSender(Progress):
    """Sends the progress of a run as events; steps at most a few times a second.

    Args:
        send: takes an event.
        answer: waits for the answer to an `ask` event; None if the run does not ask.
    """

    def __init__(
        self, send: Callable[[Event], None], answer: Callable[[], str | None] | None = None
    ):
        self.send, self.answer = send, answer
        self.next_step = 0.0

    def start(self, title: str, total_steps: int, done_steps: int) -> None:
        self.send({"event": "start", "total_steps": total_steps, "done_steps": done_steps})

    def step(self, done_steps: int, loss: float, error: float) -> None:
        if (now := time.monotonic()) >= self.next_step:
            self.next_step = now + _SECONDS_BETWEEN_STEPS
            self.send({"event": "step", "done_steps": done_steps, "loss": loss, "error": error})

    def ask(self, row: dict[str, Any]) -> str | None:
        if self.answer:
            self.send({"event": "ask", "row": row})
            return self.answer()
        return None

    def epoch(self, row: dict[str, Any]) -> None:
        self.send({"event": "epoch", "row": row})

    def log_handler(self) -> logging.Handler:
        """A handler that sends each log message as an event."""
        handler = logging.Handler(logging.INFO)
        handler.emit = lambda record: self.send(
            {"event": "log", "level": record.levelname, "message": record.getMessage()}
        )
        return handler
