"""Runs on a real Ray cluster of two nodes, one of which is killed midway."""

import threading

import pytest

from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.sweep.api import run
from seqvision.sweep.cluster import Cluster
from seqvision.sweep.plan import Job
from seqvision.sweep.schedule import Listener, run_all

ray = pytest.importorskip("ray")

CONFIG = load_config(
    {
        "name": "small",
        "data": {"dataset": "digits", "validation": 200},
        "model": {"family": "stacked", "units": [8], "dropout": 0.2},
        "train": {"epochs": 6, "optimizer": {"name": "adam", "learning_rate": 0.01}},
    }
)


@pytest.fixture(scope="module")
def head():
    """A head that runs nothing, of the nodes of all tests."""
    from ray.cluster_utils import Cluster as Nodes

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
        nothing = {"num_cpus": 0, "include_dashboard": False}
        head = Nodes(initialize_head=True, head_node_args=nothing)
        yield head
        ray.shutdown()
        head.shutdown()


@pytest.fixture
def nodes(head):
    """The head, and two nodes that perform one run at a time each."""
    while len(head.worker_nodes) < 2:
        head.add_node(num_cpus=1)
    yield head, list(head.worker_nodes)
    ray.shutdown()


class KillANode(Listener):
    """Kills a node once a run has finished an epoch, and keeps what was told.

    Runs ask after each epoch, and are answered when the node is dead: they take less time than
    to notice that they have begun.
    """

    def __init__(self, nodes, node):
        self.nodes, self.node = nodes, node
        self.killing = threading.Lock()
        self.warnings, self.continued = [], []

    def event(self, job, event):
        if event["event"] == "log":
            self.warnings.append(event["message"])
        if event["event"] == "start" and event["done_steps"]:
            self.continued.append(job.run_id)
        if event["event"] == "ask":
            with self.killing:
                if self.node:
                    self.nodes.remove_node(self.node, allow_graceful=False)
                    self.node = None


@pytest.mark.parametrize(
    "shared",
    [
        pytest.param(True, marks=pytest.mark.exhaustive),
        pytest.param(False, marks=pytest.mark.slow),
    ],
)
def test_a_killed_node_costs_no_run(nodes, shared, tmp_path):
    nodes, workers = nodes
    jobs = [Job(CONFIG, seed, tmp_path / "results", asks=True) for seed in range(2)]
    killer = KillANode(nodes, workers[0])
    with Cluster(nodes.address, tmp_path / "results", None, ["tensorboard"]) as cluster:
        assert cluster.places == 2
        if not shared:  # As on machines of their own: no node sees what is written here.
            next((tmp_path / "results").glob(".seen*")).unlink()
        outcomes = run_all(jobs, cluster, killer)
    assert [outcome.status for outcome in outcomes] == ["finished"] * 2
    assert len(killer.warnings) == 1 and "its node was lost" in killer.warnings[0]
    assert len(killer.continued) <= 1
    for outcome in outcomes:
        alone = run(CONFIG, outcome.job.seed, results=tmp_path / "alone")
        assert outcome.record["metrics"] == alone["metrics"]
        assert outcome.job.record() == outcome.record
        assert (outcome.job.folder / "model.keras").exists()
        assert len(list((outcome.job.folder / "tensorboard").glob("*.hparams"))) == 1
        assert (outcome.job.folder / "checkpoint.npz").exists()  # A longer run may go on from it.
    assert not list((tmp_path / "results").glob(".seen*"))


class EndsAfter(Listener):
    """Has runs that ask end after an epoch, and keeps at which step each run began."""

    def __init__(self, epoch):
        self.epoch, self.began_at = epoch, []

    def event(self, job, event):
        if event["event"] == "start":
            self.began_at.append(event["done_steps"])
        if event["event"] == "ask" and event["row"]["epoch"] == self.epoch:
            return "enough"
        return None


@pytest.mark.slow
def test_a_run_goes_on_from_another_and_ends_when_it_is_told_to(nodes, tmp_path):
    """On a node that does not see the results; where it does, all is as in a process here."""
    nodes, _ = nodes
    results = tmp_path / "results"
    train = {**CONFIG.train.model_dump(), "stop_after": 2}
    shorter = load_config({**CONFIG.model_dump(), "name": "shorter", "train": train})
    first = Job(shorter, 0, results, test=False)
    second = Job(CONFIG, 0, results, begin_with=first.folder, asks=True)
    listener = EndsAfter(4)
    with Cluster(nodes.address, results, None) as cluster:
        next(results.glob(".seen*")).unlink()
        (before,) = run_all([first], cluster, listener)
        (after,) = run_all([second], cluster, listener)
    assert before.record["status"] == "untested" and (first.folder / "checkpoint.npz").exists()
    steps = -(-1237 // 64)
    assert listener.began_at == [0, 2 * steps]
    assert after.record["metrics"]["stopped"] == "enough"
    assert after.record["metrics"]["epochs"] == 4
    assert not (second.folder / "checkpoint.npz").exists()


def test_a_cluster_that_is_not_there_is_said(tmp_path):
    with pytest.raises(SeqvisionError, match="there is no such cluster"):
        Cluster("127.0.0.1:1", tmp_path / "results", None)
