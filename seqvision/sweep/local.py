"""Performs a run in a process of its own, on this machine, with a share of its cores."""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from seqvision.sweep.plan import Job
from seqvision.sweep.schedule import Listener, Outcome, outcome_of
from seqvision.sweep.worker import FINAL_EVENTS, Event, order


class Local:
    """Performs runs on this machine, each in a process of its own.

    Args:
        places: how many runs are performed at once.
        cores_a_run: the number of cores for each run's threads.
    """

    def __init__(self, places: int, cores_a_run: int):
        self.places, self.cores_a_run = places, cores_a_run
        self._processes: set[subprocess.Popen[str]] = set()
        self._stopping = False
        self._lock = threading.Lock()

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        with tempfile.NamedTemporaryFile("w+", prefix="seqvision-", suffix=".log") as log:
            with self._process(log) as process:
                ended = _follow(process, order(job, self.cores_a_run), job, listener)
            return self._outcome(job, ended, process.returncode, Path(log.name))

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            for process in self._processes:
                process.send_signal(signal.SIGINT)

    @contextlib.contextmanager
    def _process(self, log: Any) -> Iterator["subprocess.Popen[str]"]:
        """Start a worker process, which `stop` reaches as long as it runs."""
        with self._lock:
            process = subprocess.Popen(
                [sys.executable, "-m", "seqvision.sweep.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )
            self._processes.add(process)
            if self._stopping:
                process.send_signal(signal.SIGINT)
        try:
            with process:  # Leaving it closes the pipes, at which the process ends too.
                yield process
        finally:
            with self._lock:
                self._processes.discard(process)

    def _outcome(self, job: Job, last: Event, code: int, log: Path) -> Outcome:
        if not last and self._stopping:
            return Outcome(job, "stopped")
        if not last:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            last = {"event": "failed", "message": f"{job.run_id}: its process {how}"}
        kept = _kept(log, job) if last["event"] == "failed" else None
        return outcome_of(job, last, kept)


def _follow(process: "subprocess.Popen[str]", order: Event, job: Job, listener: Listener) -> Event:
    """Pass on a process's events; return the final one, `{}` if it did not come."""
    assert process.stdin and process.stdout
    _send(process.stdin, order)
    for event in _events(process.stdout):
        if event["event"] in FINAL_EVENTS:
            return event
        answer = listener.event(job, event)
        if event["event"] == "ask":
            _send(process.stdin, answer)
    return {}


def _send(pipe: IO[str], message: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # The process's exit code says how it ended.
        pipe.write(json.dumps(message) + "\n")
        pipe.flush()


def _events(lines: Any) -> Iterator[Event]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:  # Cut short by a kill.
            return


def _kept(log: Path, job: Job) -> Path | None:
    """Copy the log of a failed run's process to the run's folder."""
    if not log.stat().st_size or not job.folder.is_dir():
        return None
    return Path(shutil.copyfile(log, job.folder / "run.log"))
