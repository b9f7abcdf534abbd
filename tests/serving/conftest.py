"""A model that is no network: what it says is known beforehand, and it needs no Keras."""

import socket
import threading
import time
from functools import partial

import numpy as np
import pytest

pytest.importorskip("fastapi")

from starlette.testclient import TestClient

from seqvision.exporting.stepwise import Description, State, Stepwise
from seqvision.presets.facts import Facts
from seqvision.serving.app import create_app
from seqvision.serving.server import serve, url_of
from seqvision.serving.work import Model

CLASSES = tuple("0123456789")


class Told:
    """Says 1 of images with ink in the middle, 0 of others with ink, else 9; keeps its batches.

    After each row it says so of what it has read: its states are the ink in the middle and in all.
    """

    def __init__(self, shape=(28, 28)):
        self.shape, self.sizes, self.step_sizes, self.delay = shape, [], [], 0.0

    def every_step(self, images):
        self.sizes.append(len(images))
        time.sleep(self.delay)
        rows = images.astype(np.float64)
        return self._said(rows[:, :, self._middle].sum(2).cumsum(1), rows.sum(2).cumsum(1))

    def logits(self, images):
        return self.every_step(images)[:, -1]

    @property
    def _middle(self):
        width = self.shape[1]
        return slice(width * 3 // 8, width * 5 // 8)

    def _said(self, middle, whole):
        said = np.zeros((*whole.shape, 10), np.float32)
        said[..., 9] = 1
        said[..., 0] = np.where(whole > 0, 4, 0)
        said[..., 1] = np.where(middle > 0.4 * whole, 8, 0) * (whole > 0)
        return said

    def step(self, given):
        self.step_sizes.append(len(given["row"]))
        row = given["row"].astype(np.float64)
        middle = given["middle"] + row[:, self._middle].sum(1, keepdims=True)
        whole = given["whole"] + row.sum(1, keepdims=True)
        said = self._said(middle[:, 0], whole[:, 0])
        new = {"middle_next": middle.astype(np.float32), "whole_next": whole.astype(np.float32)}
        return {"logits": said, **new}

    def stepwise(self):
        places = np.arange(np.prod(self.shape)).reshape(self.shape)
        zero = np.zeros(1, np.float32)
        states = State("middle", "float32", zero), State("whole", "float32", zero)
        about = Description(self.shape[0], self.shape[1], "float32", places, states)
        return Stepwise(self.step, about)

    def model(self, classes=CLASSES, causal=True, **facts):
        steps = {"every_step": self.every_step, "stepwise": self.stepwise()} if causal else {}
        facts.setdefault("data", "mnist")  # White on black.
        return Model("told", Facts(self.shape, classes, **facts), self.logits, **steps)


@pytest.fixture
def told_of():
    return Told


@pytest.fixture
def told():
    return Told()


@pytest.fixture(scope="session")
def client_of():
    """Asks an application as a browser on this machine would."""
    return partial(TestClient, base_url="http://localhost", raise_server_exceptions=False)


@pytest.fixture
def client(told, client_of):
    with client_of(create_app(told.model(), max_batch=8, max_wait=0.01)) as client:
        yield client


@pytest.fixture
def running():
    """Run an application as the command does, in a thread; returns its URL."""
    stops, threads = [], []

    def run(app):
        listening = socket.create_server(("127.0.0.1", 0))
        ready = threading.Event()

        def tell(stop):
            stops.append(stop)
            ready.set()

        thread = threading.Thread(target=serve, args=(app, listening, tell))
        thread.start()
        threads.append(thread)
        assert ready.wait(10)
        return url_of(listening)

    yield run
    for stop in stops:
        stop()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
