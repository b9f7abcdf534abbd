"""Performs runs on a Ray cluster, one task a run (`pip install seqvision[ray]`).

A node that sees the results folder writes there. Any other works in a folder of its own and sends
its files after each epoch, so that the run goes on elsewhere if the node is lost.
"""

import importlib
import logging
import os
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.loggers.chosen import Spec, build_logger, said
from seqvision.runs.files import write_atomically
from seqvision.runs.replay import log_record
from seqvision.sweep.plan import Job
from seqvision.sweep.progress_sender import Event
from seqvision.sweep.schedule import Listener, Outcome, outcome_of
from seqvision.sweep.worker import FINAL_EVENTS, order
from seqvision.sweep.workers import Workers

log = logging.getLogger("seqvision")

_TRIES = 5
"""How often a run is started before the loss of its nodes counts as its own failure."""

_FILES = ("config.yaml", "checkpoint.npz")
"""The files that a run needs to go on elsewhere."""


class Cluster:
    """Performs runs on the nodes of a Ray cluster.

    Args:
        address: of the cluster's head, or `auto` for the one this machine is part of.
        results: the folder of all results, on this machine.
        places: how many runs at once; one a core of the cluster when None.
        loggers: where else to log runs, checked and prepared. Nodes may not see that place, so
            this process logs each run when it has ended.

    Raises:
        SeqvisionError: Ray is not installed, or there is no such cluster.
    """

    def __init__(
        self, address: str, results: Path, places: int | None, loggers: Sequence[Spec] = ()
    ):
        ray = connect(address)
        self.ray = ray
        cores = int(ray.cluster_resources().get("CPU", 1))
        self.places = min(places or cores, cores)
        self.cores_a_run = cores // self.places
        options = {"num_cpus": self.cores_a_run, "max_retries": 0}
        self._remote = ray.remote(**options)(_perform_on_node)
        self._results, self._loggers = results, loggers
        self._token = f".seen-{uuid.uuid4().hex}"
        self._tasks: set[Any] = set()
        self._stopping = False
        self._lock, self._logging = threading.Lock(), threading.Lock()

    def __enter__(self) -> "Cluster":
        self._results.mkdir(parents=True, exist_ok=True)
        (self._results / self._token).touch()
        return self

    def __exit__(self, *_: Any) -> None:
        (self._results / self._token).unlink(missing_ok=True)
        with suppress(OSError):
            self._results.rmdir()  # If it is empty.
        self.ray.shutdown()

    def __call__(self, job: Job, listener: Listener) -> Outcome:
        problem = ""
        for _ in range(_TRIES):
            try:
                outcome = outcome_of(job, self._try(job, listener))
                self._log(job)
                return outcome
            except self.ray.exceptions.TaskCancelledError:
                return Outcome(job, "stopped")
            except self.ray.exceptions.RayError as error:
                if self._stopping:
                    return Outcome(job, "stopped")
                problem = str(error).strip().partition("\n")[0]
                warning = f"{job.run_id}: its node was lost; it is tried again"
                listener.event(job, {"event": "log", "level": "WARNING", "message": warning})
        return Outcome(job, "failed", message=f"{job.run_id}: {problem}")

    def _log(self, job: Job) -> None:
        """Log a run that has ended; what goes wrong is a warning."""
        for spec in self._loggers:
            try:
                with self._logging:  # One run after another.
                    log_record(build_logger(spec, self._results), job.folder)
            except Exception as error:
                log.warning("logger %s: %s", spec, said(error))

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            for task in self._tasks:
                self.ray.cancel(task, force=False)

    def _try(self, job: Job, listener: Listener) -> Event:
        """Submit a run and pass on its events; return the final one."""
        job_order = order(job, self.cores_a_run) | {"results": str(self._results.resolve())}
        mailbox = self.ray.remote(num_cpus=0)(_Mailbox).options(**self._here()).remote()
        with self._lock:
            task = self._remote.remote(job_order, self._token, _files_of(job), mailbox)
            self._tasks.add(task)
            if self._stopping:
                self.ray.cancel(task, force=False)
        try:
            while True:
                ended, _ = self.ray.wait([task], timeout=0.5)
                for event, files in self.ray.get(mailbox.take.remote()):
                    _write_files(job, files)
                    if event["event"] in FINAL_EVENTS:
                        return event
                    answer = listener.event(job, event)
                    if event["event"] == "ask":
                        mailbox.answer.remote(answer)
                if ended:
                    self.ray.get(task)  # Raises the task's error.
                    return {"event": "stopped"}
        finally:
            with self._lock:
                self._tasks.discard(task)
            self.ray.kill(mailbox)

    def _here(self) -> dict[str, Any]:
        """Options that keep an actor on this machine, so that it survives the loss of others."""
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        node = self.ray.get_runtime_context().get_node_id()
        stay = strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        return {"scheduling_strategy": stay}


def connect(address: str) -> Any:
    """Connect to a Ray cluster; return Ray's module.

    Raises:
        SeqvisionError: Ray is not installed, or there is no such cluster.
    """
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise SeqvisionError("--ray needs Ray: pip install 'seqvision[ray]'") from None
    try:
        _reach(address)
        ray.init(address, log_to_driver=False, logging_level="ERROR", ignore_reinit_error=True)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise SeqvisionError(
            f"--ray {address}: there is no such cluster ({reason}); "
            "start one with: ray start --head"
        ) from None
    return ray


def _reach(address: str) -> None:
    """Connect to a `host:port`: Ray itself takes minutes to report that nobody answers."""
    host, _, port = address.rpartition(":")
    if host and port.isdigit() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()


class _Mailbox:
    """An actor that keeps the events of a run until they are fetched."""

    def __init__(self) -> None:
        self._letters: list[tuple[Event, dict[str, bytes]]] = []
        self._answers: list[str | None] = []

    def put(self, event: Event, files: dict[str, bytes]) -> None:
        self._letters.append((event, files))

    def take(self) -> list[tuple[Event, dict[str, bytes]]]:
        letters, self._letters = self._letters, []
        return letters

    def answer(self, why: str | None) -> None:
        self._answers.append(why)

    def take_answers(self) -> list[str | None]:
        answers, self._answers = self._answers, []
        return answers


def _perform_on_node(order: Event, token: str, files: dict[str, bytes], mailbox: Any) -> None:
    """Perform a run on whichever node this is."""
    ray: Any = importlib.import_module("ray")
    # Ray sets the number of threads to that of the task's cores; here the order's `cores` does.
    os.environ.pop("OMP_NUM_THREADS", None)

    def perform(order: Event, send: Callable[[Event], None]) -> None:
        def listen(event: Event) -> str | None:
            send(event)
            return answer() if event["event"] == "ask" else None

        send(_workers().perform(order, listen))

    def answer() -> str | None:
        while not (answers := ray.get(mailbox.take_answers.remote())):
            time.sleep(0.1)
        return answers[-1]

    if _sees(order["results"], token):
        perform(order, lambda event: ray.get(mailbox.put.remote(event, {})))
        return
    with tempfile.TemporaryDirectory(prefix="seqvision-") as own:
        folder = Path(own) / order["run_id"]
        _write(folder, files)

        def send(event: Event) -> None:
            kind, sent = event["event"], {}
            if kind == "epoch":
                sent = _read(folder, _FILES)
            elif kind in ("finished", "failed"):
                names = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
                # The record last: it says that all else is there.
                sent = _read(folder, sorted(names, key=lambda name: name == "record.json"))
            ray.get(mailbox.put.remote(event, sent))

        perform({**order, "results": own}, send)


@cache
def _workers() -> Workers:
    """The workers of a task's process, which Ray keeps for the next task, and so are they."""
    return Workers()


def _sees(results: str, token: str) -> bool:
    """Whether this node sees the results folder of the machine that sent the run."""
    return (Path(results) / token).exists()


def _files_of(job: Job) -> dict[str, bytes]:
    """The files of a run, or of the one it begins with, for a node that does not see them."""
    earlier = _read(job.begin_with, ("checkpoint.npz",)) if job.begin_with else {}
    return {} if job.force else earlier | _read(job.folder, _FILES)


def _read(folder: Path, names: Any) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


def _write_files(job: Job, files: dict[str, bytes]) -> None:
    _write(job.folder, files)
    if "record.json" in files and "checkpoint.npz" not in files:
        (job.folder / "checkpoint.npz").unlink(missing_ok=True)


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda temporary, content=content: temporary.write_bytes(content))
