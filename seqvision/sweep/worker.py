"""What the process of one run does: `python -m seqvision.sweep.worker`.

It reads one JSON line that says what to run, and writes JSON lines that say how it goes. After
each epoch it waits for a line that says why it is to end there, or null. Once its standard input
closes, whoever asked is gone, and it ends.
"""

import json
import logging
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from seqvision.config import Config
from seqvision.errors import Busy, RunFailed, SeqvisionError
from seqvision.runs.progress import Progress
from seqvision.runs.run import perform


def main() -> None:
    """Perform the run that standard input describes."""
    # The pipe is for events: what anything prints goes to the log, with the rest of stderr.
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as pipe:
        os.dup2(2, 1)
        order = json.loads(sys.stdin.readline())
        answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_hear, args=(answers,), daemon=True).start()
        tell = Telling(pipe, answers)
        logging.getLogger("seqvision").addHandler(tell.log_handler())
        try:
            record = perform(
                Config.model_validate(order["config"]),
                order["seed"],
                Path(order["results"]),
                force=order["force"],
                test=order["test"],
                begin_with=Path(order["begin_with"]) if order["begin_with"] else None,
                cores=order["cores"],
                progress=tell,
            )
            tell.say("finished", record=record)
        except Busy as error:
            tell.say("busy", message=str(error))
        except RunFailed as error:
            tell.say("failed", message=str(error))
        except SeqvisionError as error:
            tell.say("wrong", message=str(error))
        except KeyboardInterrupt:
            tell.say("stopped")


def _hear(answers: "queue.Queue[str | None]") -> None:
    """Pass on what the parent answers; end with it."""
    # Read unbuffered: a buffered read would hold a lock that the interpreter wants at its end.
    line = b""
    while byte := os.read(0, 1):
        line += byte
        if byte == b"\n":
            answers.put(json.loads(line))
            line = b""
    os._exit(1)  # What is on disk is whole at any instant.


class Telling(Progress):
    """Tells of a run in JSON lines, of its steps a few times a second at most."""

    def __init__(
        self,
        pipe: TextIO,
        answers: "queue.Queue[str | None]",
        seconds_between_steps: float = 0.3,
    ):
        self.pipe, self.answers = pipe, answers
        self.between = seconds_between_steps
        self.next_step = 0.0

    def say(self, event: str, **fields: Any) -> None:
        self.pipe.write(json.dumps({"event": event, **fields}, default=str) + "\n")

    def start(self, title: str, total_steps: int, done_steps: int) -> None:
        self.say("start", total_steps=total_steps, done_steps=done_steps)

    def step(self, done_steps: int, loss: float, error: float) -> None:
        if (now := time.monotonic()) >= self.next_step:
            self.next_step = now + self.between
            self.say("step", done_steps=done_steps, loss=loss, error=error)

    def epoch(self, row: dict[str, Any]) -> str | None:
        self.say("epoch", row=row)
        return self.answers.get()

    def log_handler(self) -> logging.Handler:
        """Passes warnings on, such as that another dataset stands in."""
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.say("log", message=record.getMessage())
        return handler


if __name__ == "__main__":
    main()
