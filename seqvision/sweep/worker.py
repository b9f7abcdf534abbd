"""What the process of runs does: `python -m seqvision.sweep.worker`, or a fork (`forks.py`).

It reads a JSON line that says what to run, and writes one for each event of the run. After an event
that asks whether to go on it reads the answer. Then it reads the next order. When its standard
input closes, its parent is gone, and it ends.
"""

import _thread
import json
import logging
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from seqvision.config import Config, load_config
from seqvision.data.kept import cache_limit, no_cache
from seqvision.errors import Busy, RunFailed, SeqvisionError
from seqvision.loggers.chosen import Spec
from seqvision.memory import used_memory
from seqvision.registry import as_elsewhere
from seqvision.runs.run import perform
from seqvision.sweep.plan import Job
from seqvision.sweep.progress_sender import Event, ProgressSender

FINAL_EVENTS = ("finished", "failed", "busy", "wrong", "stopped")
"""The events after which no other comes."""

STOP = {"stop": True}
"""In place of an order or an answer: end the run."""

_RUNS = 50
"""How many runs a process performs before another takes its place."""

_GROWTH = 1 << 29
"""By how many bytes a process may grow after its first run before another takes its place."""


def order(job: Job, cores: int, loggers: Sequence[Spec] = ()) -> dict[str, Any]:
    """A job as plain data, for the process that will perform it.

    Args:
        cores: how many of the processor's it may use.
        loggers: where else to log it, checked and prepared.

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
        "loggers": list(loggers),
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
                loggers=order["loggers"],
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


def main() -> None:
    """Carry out the orders that standard input brings, until it is closed or enough are done."""
    # The pipe is for events: whatever is printed goes to the log, as stderr does.
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as pipe:
        os.dup2(2, 1)
        told: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=_read, args=(told,), daemon=True).start()

        def send(event: Event) -> None:  # Of one piece, as threads of a run log things too.
            pipe.write(json.dumps(event, default=str) + "\n")

        try:
            _carry_out_many(told.get, send)
            code = 0
        except KeyboardInterrupt:  # Between two runs.
            code = 0
        except Exception:
            traceback.print_exc()
            code = 1
        # Here, as the parent ends this process when the pipe is closed, with a code of its own.
        sys.stderr.flush()
        os._exit(code)


def _carry_out_many(told: Callable[[], Any], send: Callable[[Event], None]) -> None:
    """Carry out one order after another, until runs have left too much behind."""
    used = None
    for _ in range(_RUNS):
        carry_out(told(), send, told)
        forget()
        now = used_memory()
        used = used or now
        if now > used + _GROWTH:
            return


def forget() -> None:
    """Forget what a run leaves in the process: names that Keras counted on, and memory."""
    if keras := sys.modules.get("keras"):
        keras.utils.clear_session()


def _read(told: "queue.Queue[Any]") -> None:
    """Queue what the parent says; end this process when the parent has ended."""
    # Read unbuffered: a buffered read would hold a lock that the interpreter wants at its end.
    line = b""
    while part := os.read(0, 1 << 16):
        *lines, line = (line + part).split(b"\n")
        for message in map(json.loads, lines):
            if message == STOP:
                _thread.interrupt_main()
                message = None  # The main thread may be waiting for one.
            told.put(message)
    os._exit(1)  # Files on disk are complete at any time.


if __name__ == "__main__":
    main()
