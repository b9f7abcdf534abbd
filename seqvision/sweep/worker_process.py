"""A worker process, seen from the one that began it: what goes through its pipes."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqvision.sweep.progress_sender import Event
from seqvision.sweep.worker import FINAL_EVENTS, STOP

Start = Callable[[int, int, int], Callable[[], int | None]]
"""Starts a worker with three standard files; returns what waits for its exit code."""


class Worker:
    """A worker process, seen from the one that began it.

    Attributes:
        settings: what it keeps from its first run on.
        runs: how many it has been given.
        there: whether it can be given another.
    """

    def __init__(self, start: Start, settings: str):
        self.settings, self.runs, self.there = settings, 0, True
        # Whatever libraries write there, in whatever encoding, it can be read.
        readable: Any = {"encoding": "utf-8", "errors": "replace"}
        self._log = tempfile.TemporaryFile("w+", prefix="seqvision-", **readable)  # noqa: SIM115
        stdin, orders = os.pipe()
        events, stdout = os.pipe()
        try:
            self._exit_code = start(stdin, stdout, self._log.fileno())
        finally:
            os.close(stdin)
            os.close(stdout)
        self._orders = os.fdopen(orders, "w", encoding="utf-8")
        self._events = os.fdopen(events, encoding="utf-8")
        self._writing = threading.Lock()

    def perform(self, order: Event, listen: Callable[[Event], str | None]) -> Event:
        """Have it perform a run; return the final event, `{}` if it ended without one."""
        self.runs += 1
        self._log.seek(0)  # The process shares the place that it writes at.
        self._log.truncate()
        self._send(order)
        try:
            last = self._follow(listen)
        except KeyboardInterrupt:  # Of a Ray task, which has its process's main thread.
            self.stop()
            last = self._follow(lambda event: None)
        if last.get("event") == "failed":
            last["log"] = self.keep_log(order)
        return last

    def _follow(self, listen: Callable[[Event], str | None]) -> Event:
        for line in self._events:
            try:
                event = json.loads(line)
            except ValueError:  # Cut short by a kill.
                break
            if event["event"] in FINAL_EVENTS:
                return event
            answer = listen(event)
            if event["event"] == "ask":
                self._send(answer)
        return {}

    def stop(self) -> None:
        """Have its run end soon."""
        self._send(STOP)

    def wait(self) -> int | None:
        """Close the pipes, at which it ends if it has not; return the exit code if it is known."""
        self.there = False
        for pipe in (self._orders, self._events):
            with contextlib.suppress(OSError):  # What was not written finds no reader.
                pipe.close()
        return self._exit_code()

    def close(self) -> None:
        """End it."""
        if self.there:
            self.wait()
        self._log.close()

    def keep_log(self, order: Event) -> str | None:
        """Copy what it wrote to standard error to the folder of its run, if there is any."""
        folder = Path(order["results"], order["run_id"])
        self._log.seek(0)
        text = self._log.read()
        if not text or not folder.is_dir():
            return None
        path = folder / "run.log"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def _send(self, message: Any) -> None:
        with self._writing, contextlib.suppress(BrokenPipeError):  # Its exit code says how.
            self._orders.write(json.dumps(message) + "\n")
            self._orders.flush()


def spawn(stdin: int, stdout: int, stderr: int) -> Callable[[], int]:
    """Start a worker as a process of its own, which imports all that it needs."""
    command = [sys.executable, "-m", "seqvision.sweep.worker"]
    return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr).wait
