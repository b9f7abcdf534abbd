"""How many answers a second a server gives on the loopback, beside the bare model's."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from seqvision.data.series import Series
from seqvision.serving.work import Model

STEPS = 100
"""Of the series that a model of any number of steps is asked."""


@dataclass(frozen=True)
class Load:
    """What was measured.

    Attributes:
        who: `model`, called directly, or `server`, asked over HTTP.
        at_once: the samples in a batch, or the clients that each wait for an answer.
        answers_per_second: of all together.
        p50_ms: the median time that a batch or an answer takes, in milliseconds.
        p99_ms: what 99 of 100 take at most.
        failed: how many requests were not answered.
    """

    who: str
    at_once: int
    answers_per_second: float
    p50_ms: float
    p99_ms: float
    failed: int = 0


def of_model(model: Model, at_once: int, seconds: float) -> Load:
    """Call a model in this thread for some seconds, with batches of `at_once` samples."""
    samples = np.stack([_sample(model)] * at_once)
    given = Series.of(list(samples)) if model.facts.kind == "series" else samples
    model.logits(given)  # Compiles.
    took = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        model.logits(given)
        took.append(time.perf_counter() - began)
    return _load("model", at_once, took, len(took) * at_once / sum(took))


def of_server(model: Model, host: str, port: int, at_once: int, seconds: float) -> Load:
    """Ask a server of a model, for some seconds, from `at_once` clients in another process.

    Each sends a sample, a PNG of the model's size or JSON of a series, and waits for the answer.
    """
    body, kind = _body(model)
    command = [sys.executable, "-m", "seqvision.serving.clients", host, str(port)]
    done = subprocess.run(
        [*command, str(seconds), str(at_once), kind],
        input=body,
        stdout=subprocess.PIPE,
        check=True,
    )
    said: dict[str, Any] = json.loads(done.stdout)
    rate = len(said["took"]) / said["seconds"]
    return _load("server", at_once, said["took"], rate, len(said["failed"]))


def load_test(
    model: Model,
    host: str,
    port: int,
    seconds: float,
    clients: Sequence[int],
    heard: Callable[[str], object] = lambda _: None,
) -> list[dict[str, Any]]:
    """Measure a server that listens, each number of clients beside the same batch of its model.

    Args:
        seconds: how long each of the measurements takes.
        heard: told what is measured now.

    Returns:
        The figures of `Load`, the model's before the server's.
    """
    found = []
    for at_once in clients:
        heard(f"the model alone, batches of {at_once}")
        found.append(of_model(model, at_once, seconds))
        heard(f"the server, {at_once} at once")
        found.append(of_server(model, host, port, at_once, seconds))
    return [asdict(each) for each in found]


def _load(who: str, at_once: int, took: list[float], rate: float, failed: int = 0) -> Load:
    p50, p99 = 1000 * np.percentile(took or [np.nan], [50, 99])
    return Load(who, at_once, rate, float(p50), float(p99), failed)


def _sample(model: Model) -> np.ndarray:
    """Noise as the model reads it: what it shows does not matter for its speed."""
    generator = np.random.default_rng(0)
    if model.facts.kind == "series":
        steps, features = model.facts.input_shape
        return generator.normal(size=(steps or STEPS, features or 1)).astype(np.float32)
    return generator.integers(0, 256, model.facts.image_shape).astype(np.uint8)


def _body(model: Model) -> tuple[bytes, str]:
    """A request to `/predict`, and its type."""
    sample = _sample(model)
    if model.facts.kind == "series":
        return json.dumps({"series": sample.tolist()}).encode(), "application/json"
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(sample.squeeze()).save(file, "PNG")
    return file.getvalue(), "image/png"
