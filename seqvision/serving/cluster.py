"""Serves a model from many machines: the same application as a deployment of Ray Serve.

Each replica has a model, a thread for it and batches of its own. Ray sends a request to a replica
that has room, and starts another in place of one that is lost.
"""

import importlib
import json
import logging
import signal
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqvision.errors import SeqvisionError
from seqvision.presets.facts import NAME as FACTS
from seqvision.presets.find import find_trained
from seqvision.serving.limits import Limits

NAME = "seqvision"
"""What the application is called in Ray Serve."""


@dataclass(frozen=True)
class Order:
    """What each replica serves, and how; sent to its node.

    Attributes:
        source: what the person named.
        files: the model's file, and what says more of it, by name: a node need not have them.
        limits, max_batch, max_wait, local: as `create_app` takes them.
    """

    source: str
    files: dict[str, bytes]
    limits: Limits
    max_batch: int
    max_wait: float
    local: bool


def order(source: str, limits: Limits, max_batch: int, max_wait: float, *, local: bool) -> Order:
    """An order for replicas on nodes that do not see this machine's files.

    Raises:
        SeqvisionError: there is no such model.
    """
    trained = find_trained(source)
    file, beside = trained.file, {}
    if file.suffix == ".h5" and trained.facts:  # As in a folder of published weights.
        facts = {**trained.facts.to_json(), "file": file.name}
        beside = {FACTS: json.dumps(facts).encode("utf-8")}
    else:
        paths = file.with_name(f"{file.name}.json"), file.with_name("record.json")
        beside = {path.name: path.read_bytes() for path in paths if path.is_file()}
    files = {file.name: file.read_bytes(), **beside}
    return Order(source, files, limits, max_batch, max_wait, local)


def application(order: Order) -> Any:
    """The ASGI application of a replica, made on its node."""
    from seqvision.serving.app import create_app
    from seqvision.serving.open import open_model

    with tempfile.TemporaryDirectory(prefix="seqvision-") as folder:
        for name, content in order.files.items():
            (Path(folder) / name).write_bytes(content)
        own = Path(folder) / next(iter(order.files))
        model = open_model(own, order.source, order.max_batch)
    return create_app(
        model,
        order.limits,
        max_batch=order.max_batch,
        max_wait=order.max_wait,
        local=order.local,
    )


def deploy(order: Order, address: str, replicas: int, host: str, port: int) -> Any:
    """Serve on a Ray cluster; returns once all replicas answer.

    Args:
        address: of the cluster's head, or `auto` for the one this machine is part of.
        host, port: where the cluster's head listens, which passes requests to the replicas.

    Returns:
        Ray Serve's module; `end` takes it.

    Raises:
        SeqvisionError: there is no such cluster, or the replicas do not start.
    """
    from seqvision.sweep.cluster import connect

    connect(address)
    serve: Any = importlib.import_module("ray.serve")
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})

    def build() -> Any:
        return application(order)

    deployment = serve.deployment(
        name=NAME,
        num_replicas=replicas,
        max_ongoing_requests=order.limits.requests,
        max_queued_requests=order.limits.requests,
        health_check_period_s=2,
        health_check_timeout_s=10,
        logging_config={"enable_access_log": False, "log_level": "WARNING"},
    )(serve.ingress(build)())
    try:
        serve.run(deployment.bind(), name=NAME, route_prefix="/")
    except RuntimeError as error:
        end(serve)
        reason = str(error).strip().partition("\n")[0]
        raise SeqvisionError(f"--ray {address}: the replicas do not start: {reason}") from None
    return serve


def end(serve: Any) -> None:
    """Take the application from the cluster, and Ray Serve if nothing else is served."""
    with suppress(Exception):
        serve.delete(NAME)
        if not serve.status().applications:
            serve.shutdown()
    importlib.import_module("ray").shutdown()


def wait_for_signal(ready: Callable[[], None]) -> None:
    """Wait for Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    before = {
        each: signal.signal(each, lambda *_: stopped.set())
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        ready()
        while not stopped.wait(0.5):
            pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
