"""A run leaves its process as it was."""

import logging
import os
import random
import signal
import socket
import threading
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import seqvision
from seqvision.errors import SeqvisionError
from seqvision.runs.progress import Progress

CONFIG = {
    "name": "guest",
    "data": {"dataset": "digits", "validation": 1400},
    "model": {"family": "stacked", "units": [4]},
    "train": {"epochs": 1, "precision": "mixed_bfloat16"},
}


def state():
    """What a run might leave behind."""
    log = logging.getLogger("seqvision")
    found = {
        "random": random.getstate(),
        "numpy": str(np.random.get_state()),
        "policy": keras.config.dtype_policy().name,
        "floatx": keras.config.floatx(),
        "environ": dict(os.environ),
        "timeout": socket.getdefaulttimeout(),
        "folder": Path.cwd(),
        "interrupt": signal.getsignal(signal.SIGINT),
        "handlers": [*logging.getLogger().handlers, *log.handlers, log.level],
        "warnings": list(warnings.filters),
        "threads": {t.name for t in threading.enumerate() if "Event" in t.name},
    }
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        from tensorflow.python.framework import config

        from seqvision.layers.engine import shards

        found["deterministic"] = config.is_op_determinism_enabled()
        found["shards"] = shards.chosen()
        found["strategy"] = tf.distribute.has_strategy()
    return found


def draws():
    found = [random.random(), np.random.rand(), float(ops.sum(keras.random.normal((3,))))]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found.append(float(tf.random.normal(())))
    return found


class Stops(Progress):
    def step(self, *given):
        raise KeyboardInterrupt


@pytest.mark.parametrize("fails", [None, "while it trains", "before it trains"])
def test_the_process_is_as_it_was(fails, tmp_path):
    seqvision.run(CONFIG, results=tmp_path / "first")  # Imports what it imports, once for all.
    keras.utils.set_random_seed(3)
    expected = draws() + draws()
    keras.utils.set_random_seed(3)
    found = draws()
    before = state()
    if fails == "while it trains":
        with pytest.raises(KeyboardInterrupt):
            seqvision.run(CONFIG, results=tmp_path, progress=Stops())
    elif fails:
        wrong = {**CONFIG["train"], "optimizer": {"name": "adam", "momentun": 1}}
        with pytest.raises(SeqvisionError, match="optimizer"):
            seqvision.run({**CONFIG, "train": wrong}, results=tmp_path)
    else:
        assert seqvision.run(CONFIG, results=tmp_path)["status"] == "finished"
    after = state()
    for name, value in before.items():
        assert after[name] == value, name
    assert found + draws() == expected
