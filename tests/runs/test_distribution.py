"""A run over two devices: the same numbers as on one, and it goes on after a stop."""

import json
import subprocess
import sys

import keras
import pytest

import seqvision
from seqvision.config.train import Distribution, Train
from seqvision.errors import SeqvisionError
from seqvision.runs.distribution import strategy_of

BACKEND = keras.backend.backend()
on_two = pytest.mark.skipif(BACKEND == "torch", reason="runs on PyTorch have one device")

CONFIG = {
    "name": "small",
    # 1,280 to train on: 20 whole batches. On JAX the last may be one that two cannot share.
    "data": {"dataset": "digits", "validation": 150 if BACKEND == "jax" else 157},
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
SHARES = """
import itertools, json, sys
from seqvision.config import load_config
from seqvision.errors import SeqvisionError
from seqvision.runs.setup import set_up

config = json.loads(sys.argv[1])
for batch_size, augment in [(63, {}), (64, {}), (64, {"elastic": 1.0})]:
    config["train"] |= {"batch_size": batch_size, "augment": augment}
    try:
        with set_up(load_config(config), 0) as setup:
            from seqvision.runs.feed import feed

            with feed(setup, 0) as read:
                batches = list(itertools.islice(read, setup.steps_per_epoch))
            ends = [batches[0][0], batches[-1][0]]
            shapes = [[len(part.data) for part in batch.addressable_shards] for batch in ends]
            setup.model.train_on_batch(*batches[0])
            print(shapes, setup.model.get_layer("recurrent_1").path)
    except SeqvisionError as error:
        print(error)
"""


def run(train, how, folder):
    config = {**CONFIG, "train": {**CONFIG["train"], **train}}
    command = [sys.executable, "-c", CODE, json.dumps(config), how]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@on_two
@pytest.mark.slow
def test_two_devices_compute_what_one_does_and_go_on(tmp_path):
    one = run({}, "whole", tmp_path)
    two = run({"distribution": TWO, "steps_per_execution": 4}, "whole", tmp_path)
    assert two["timing"]["steps_per_execution"] == 1
    assert len(two["environment"]["devices"]) == 2
    assert one["metrics"]["test_accuracy"] > 0.15
    for name in ("test_loss", "val_loss"):
        assert two["metrics"][name] == pytest.approx(one["metrics"][name], rel=1e-4)
    assert run({"distribution": TWO}, "stop", tmp_path)["metrics"] == two["metrics"]


@on_two
@pytest.mark.slow
def test_two_devices_train_the_head_first_and_decay_rates_as_one_does(tmp_path):
    decay = {"name": "sgd", "learning_rate": 0.2, "weight_decay": 0.01}
    how = {"head_epochs": 1, "layer_decay": 0.5, "optimizer": decay}
    one = run(how, "whole", tmp_path)
    # In one go: within a process TensorFlow remembers the sizes of what its devices exchanged. They
    # differ between the stages, so a second run there may not begin at another stage.
    two = run({**how, "distribution": TWO}, "whole", tmp_path)
    assert two["metrics"]["test_loss"] == pytest.approx(one["metrics"]["test_loss"], rel=1e-4)


@pytest.mark.skipif(BACKEND != "jax", reason="of JAX")
@pytest.mark.slow
def test_each_device_takes_its_share_of_a_batch(tmp_path):
    config = {**CONFIG, "train": {**CONFIG["train"], "distribution": TWO}}
    command = [sys.executable, "-c", SHARES, json.dumps(config)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    refused, *shared = done.stdout.splitlines()
    assert refused.startswith("train.batch_size: 63 samples cannot be shared alike by the 2")
    # The 7 of the last batch are computed by both. XLA cannot cut a native layer.
    assert shared == ["[[32, 32], [7, 7]] engine: scan"] * 2


@pytest.mark.skipif(BACKEND != "jax", reason="of JAX")
def test_says_how_many_gpus_there_are(monkeypatch):
    import jax

    jax.devices()  # Too late for the processor to be split.
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    with pytest.raises(SeqvisionError, match="devices: 2, but there are 1 GPUs"):
        strategy_of(Train(distribution=Distribution(devices=2)))


def test_says_when_it_is_too_late(tmp_path):
    seqvision.run(CONFIG, results=tmp_path)
    late = {**CONFIG, "train": {**CONFIG["train"], "distribution": {"devices": 5}}}
    why = "and this is torch" if BACKEND == "torch" else "in a process of its own"
    with pytest.raises(SeqvisionError, match=why):
        seqvision.run(late, results=tmp_path)
