"""What the process of one run does: `python -m seqvision.sweep.worker`.

It reads a JSON line that says what to run, and writes one for each event of the run. After an event
that asks whether to go on it reads the answer. When its standard input closes, its parent is gone,
and it ends.
"""

import json
import logging
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from seqvision.config import Config, load_config
from seqvision.data.decoded import cache_limit, no_cache
from seqvision.errors import Busy, RunFailed, SeqvisionError
from seqvision.registry import as_elsewhere
from seqvision.runs.progress import Progress
from seqvision.runs.run import perform
from seqvision.sweep.plan import Job

Event = dict[str, Any]
"""An event of a run, as plain data; the key `event` names it."""

FINAL_EVENTS = ("finished", "failed", "busy", "wrong", "stopped")
"""The events after which no other comes."""

_SECONDS_BETWEEN_STEPS = 0.3


def order(job: Job, cores: int) -> dict[str, Any]:
    """A job as plain data, for the process that will perform it on `cores` cores.

    Raises:
        SeqvisionError: as `check_known_elsewhere` does.
    """
    check_known_elsewhere(job.config)
    return {
        "run_id": job.run_id,
        "config": job.config.resolved(),
        "seed": job.seed,
        "results": str(job.results),
        "force": job.force,
        "test": job.test,
        "begin_with": str(job.begin_with) if job.begin_with else None,
        "asks": job.asks,
        "cores": cores,
        "no_cache": cache_limit() == 0,
    }


def check_known_elsewhere(config: Config) -> None:
    """Check that another process will find all that a config names.

    Raises:
        SeqvisionError: something is registered only in this process. Its code is not sent along,
            as nothing here runs code that comes as data.
    """
    try:
        with as_elsewhere():
            load_config(config)
    except SeqvisionError as error:
        raise SeqvisionError(
            f"{config.name}: this run gets a process of its own, which will not know what only "
            f"this one has registered ({error}); install it as a package with an entry point, see "
            'the README\'s "A cell of your own", or train here with seqvision.run'
        ) from None


def carry_out(
    order: dict[str, Any], send: Callable[[Event], None], answer: Callable[[], str | None]
) -> None:
    """Perform the run of an order.

    Args:
        send: takes each event of the run, including the final one.
        answer: waits for the answer to an `ask` event, which the run sends if the order `asks`.
    """
    progress = ProgressSender(send, answer if order["asks"] else None)
    logger, handler = logging.getLogger("seqvision"), progress.log_handler()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with no_cache() if order["no_cache"] else nullcontext():
            record = perform(
                load_config(order["config"]),
                order["seed"],
                Path(order["results"]),
                force=order["force"],
                test=order["test"],
                begin_with=Path(order["begin_with"]) if order["begin_with"] else None,
                cores=order["cores"],
                progress=progress,
            )
        send({"event": "finished", "record": record})
    except Busy as error:
        send({"event": "busy", "message": str(error)})
    except RunFailed as error:
        send({"event": "failed", "message": str(error)})
    except SeqvisionError as error:
        send({"event": "wrong", "message": str(error)})
    except KeyboardInterrupt:
        send({"event": "stopped"})
    finally:
        logger.removeHandler(handler)


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


def main() -> None:
    """Carry out the order that standard input holds."""
    # The pipe is for events: whatever is printed goes to the log, as stderr does.
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as pipe:
        os.dup2(2, 1)
        order = json.loads(sys.stdin.readline())
        answers: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read_answers, args=(answers,), daemon=True).start()
        try:
            carry_out(
                order, lambda event: print(json.dumps(event, default=str), file=pipe), answers.get
            )
        except Exception:
            # Before the pipe is closed, at which the parent ends this process.
            traceback.print_exc()
            sys.exit(1)


def _read_answers(answers: "queue.Queue[str | None]") -> None:
    """Queue the parent's answers; end this process when the parent has ended."""
    # Read unbuffered: a buffered read would hold a lock that the interpreter wants at its end.
    line = b""
    while byte := os.read(0, 1):
        line += byte
        if byte == b"\n":
            answers.put(json.loads(line))
            line = b""
    os._exit(1)  # Files on disk are complete at any time.


if __name__ == "__main__":
    main()
