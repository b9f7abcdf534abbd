"""The application on a real Ray cluster of two nodes, one of whose replicas is killed."""

import http.client
import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from seqvision.errors import SeqvisionError
from seqvision.presets.facts import Facts, add_to_archive
from seqvision.serving.cluster import deploy, end, order
from seqvision.serving.limits import Limits
from seqvision.serving.server import listen

ray = pytest.importorskip("ray")
pytest.importorskip("ray.serve")


@pytest.fixture
def nodes(monkeypatch):
    """A head that only passes requests on, and two nodes with room for one replica each."""
    from ray.cluster_utils import Cluster as Nodes

    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    nodes = Nodes(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        nodes.add_node(num_cpus=1)
    yield nodes
    ray.shutdown()
    nodes.shutdown()


def replicas():
    """The processes of replicas that descend from this one."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            name = (folder / "cmdline").read_bytes() if folder.name.isdigit() else b""
            if name.startswith(b"ray::ServeReplica:seqvision") and _is_ours(int(folder.name)):
                found.append(int(folder.name))
        except OSError:  # It has ended.
            continue
    return sorted(found)


def _is_ours(process):
    while process > 1:
        if process == os.getpid():
            return True
        stat = Path(f"/proc/{process}/stat").read_text()
        process = int(stat.rpartition(")")[2].split()[1])
    return False


class Client(threading.Thread):
    """Asks over and over until told to stop; keeps when each request began and what came of it."""

    def __init__(self, port, body):
        super().__init__()
        self.port, self.body, self.stop, self.said = port, body, False, []

    def run(self):
        while not self.stop:
            began = time.monotonic()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                head = {"Content-Type": "application/json"}
                connection.request("POST", "/predict", self.body, head)
                response = connection.getresponse()
                answer = response.read().decode()
                self.said.append((began, time.monotonic(), response.status, answer))
            except (OSError, http.client.HTTPException) as error:
                self.said.append((began, time.monotonic(), 0, repr(error)))
            finally:
                connection.close()


@pytest.mark.slow
def test_a_killed_replica_costs_no_answer_but_those_in_flight(nodes, tmp_path):
    import keras

    import seqvision

    keras.utils.set_random_seed(0)
    model = seqvision.create_model("stacked", (8, 6), 3, units=[4])
    path = tmp_path / "small.keras"
    model.save(path)
    add_to_archive(path, Facts((8, 6), ("cat", "dog", "eel")))
    image = np.random.default_rng(0).integers(0, 256, (8, 6))
    odds = np.exp(model(image[None].astype("float32")).numpy()[0])
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    placed = order(str(path), Limits(), 4, 0.002, local=True)
    path.unlink()  # The nodes need not see it.
    serve = deploy(placed, nodes.address, 2, "127.0.0.1", port)
    try:
        before = replicas()
        assert len(before) == 2
        clients = [Client(port, json.dumps({"pixels": image.tolist()})) for _ in range(4)]
        for client in clients:
            client.start()
        time.sleep(3)
        killed = time.monotonic()
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 60
        while len(set(replicas()) - {before[0]}) < 2 and time.monotonic() < deadline:
            time.sleep(0.5)
        time.sleep(3)
        for client in clients:
            client.stop = True
        for client in clients:
            client.join()
        after = replicas()
    finally:
        end(serve)
    assert len(after) == 2 and before[0] not in after  # Another took its place.
    said = [each for client in clients for each in client.said]
    failed = [each for each in said if each[2] != 200]
    print(len(said), failed, [e[0] - killed for e in failed], [e[1] - killed for e in failed])
    assert len(failed) <= len(clients)
    assert all(began < killed < ended for began, ended, *_ in failed)
    for _, _, status, answer in said:
        if status == 200:
            np.testing.assert_allclose(
                json.loads(answer)["probabilities"], odds / odds.sum(), atol=1e-5
            )
    assert sum(ended > killed + 1 for _, ended, *_ in said) > 20


def test_a_cluster_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SeqvisionError, match="there is no such cluster"):
        deploy(None, "127.0.0.1:1", 1, "127.0.0.1", 0)
