"""A run over two devices: the same numbers as on one, and it goes on after a stop."""

import json
import subprocess
import sys

import pytest

import seqvision
from seqvision.errors import SeqvisionError

pytestmark = pytest.mark.tensorflow

CONFIG = {
    "name": "small",
    "data": {"dataset": "digits", "validation": 157},  # 1,280 to train on: 20 whole batches.
    "model": {"family": "stacked", "units": [16]},
    "train": {"epochs": 2, "batch_size": 64, "optimizer": {"name": "sgd", "learning_rate": 0.2}},
}
TWO = {"strategy": "mirrored", "devices": 2}
CODE = """
import json, sys, seqvision
from seqvision.runs.progress import Progress

class Stop(Progress):
    def step(self, done_steps, loss, error):
        if done_steps >= 25:
            raise KeyboardInterrupt

config = json.loads(sys.argv[1])
if sys.argv[2] == "stop":
    try:
        seqvision.run(config, results="stopped", progress=Stop())
    except KeyboardInterrupt:
        pass
    record = seqvision.run(config, results="stopped")
else:
    record = seqvision.run(config, results="whole")
print(json.dumps(record))
"""


def run(train, how, folder):
    config = {**CONFIG, "train": {**CONFIG["train"], **train}}
    command = [sys.executable, "-c", CODE, json.dumps(config), how]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_two_devices_compute_what_one_does_and_go_on(tmp_path):
    one = run({}, "whole", tmp_path)
    two = run({"distribution": TWO, "steps_per_execution": 4}, "whole", tmp_path)
    assert two["timing"]["steps_per_execution"] == 1
    assert len(two["environment"]["devices"]) == 2
    assert one["metrics"]["test_accuracy"] > 0.2
    for name in ("test_loss", "val_loss"):
        assert two["metrics"][name] == pytest.approx(one["metrics"][name], rel=1e-4)
    assert run({"distribution": TWO}, "stop", tmp_path)["metrics"] == two["metrics"]


@pytest.mark.slow
def test_two_devices_train_the_head_first_and_decay_rates_as_one_does(tmp_path):
    decay = {"name": "sgd", "learning_rate": 0.2, "weight_decay": 0.01}
    how = {"head_epochs": 1, "layer_decay": 0.5, "optimizer": decay}
    one = run(how, "whole", tmp_path)
    # In one go: within a process TensorFlow remembers the sizes of what its devices exchanged. They
    # differ between the stages, so a second run there may not begin at another stage.
    two = run({**how, "distribution": TWO}, "whole", tmp_path)
    assert two["metrics"]["test_loss"] == pytest.approx(one["metrics"]["test_loss"], rel=1e-4)


def test_says_when_it_is_too_late(tmp_path):
    seqvision.run(CONFIG, results=tmp_path)
    late = {**CONFIG, "train": {**CONFIG["train"], "distribution": {"devices": 5}}}
    with pytest.raises(SeqvisionError, match="in a process of its own"):
        seqvision.run(late, results=tmp_path)
