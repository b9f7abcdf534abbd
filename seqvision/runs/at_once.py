"""Several training steps in one call of Keras's loop, and less Python beside them."""

import logging
import math
import time
from typing import Any

import keras

from seqvision.runs.predict import BATCH, logits
from seqvision.runs.setup import Setup

_log = logging.getLogger("seqvision")

_MOST = 32
_SECONDS = 0.05
"""How long `auto` has a call take at most, as nothing is heard of a run in the meantime."""


class AtOnce:
    """A train function of `fit`, as the model's own but of several steps.

    Keras's own for several steps always takes that many, so at the end of an epoch some of the
    next, and says nothing of all but the last.

    Attributes:
        logs: what each step of the last call says.
    """

    def __init__(self, model: keras.Model, most: int, per_epoch: int):
        self.most, self.per_epoch, self.done = most, per_epoch, 0
        self.logs: list[dict[str, Any]] = []
        if keras.backend.backend() == "tensorflow":
            self.steps = _in_a_graph(model)
        else:
            model.train_function, model.steps_per_execution = None, 1
            model.make_train_function()
            self.steps = _one_by_one(model.train_function)

    def __call__(self, *state_and_batches: Any) -> Any:
        count = min(self.most, self.per_epoch - self.done % self.per_epoch)
        self.done += count
        self.logs, *state = self.steps(count, *state_and_batches)
        return (self.logs[-1], *state) if state else self.logs[-1]


def _in_a_graph(model: keras.Model) -> Any:
    import tensorflow as tf

    names = ("loss", "accuracy")
    step = tf.function(
        model.train_step, autograph=False, jit_compile=model.jit_compile, reduce_retracing=True
    )

    @tf.function(autograph=False, reduce_retracing=True)
    def loop(count: Any, batches: Any) -> Any:
        def body(done: Any, *said: Any) -> Any:
            logs = step(batches.get_next())
            each = zip(said, names, strict=True)
            return done + 1, *(array.write(done, logs[name]) for array, name in each)

        arrays = [tf.TensorArray(tf.float32, count) for _ in names]
        _, *said = tf.while_loop(lambda done, *_: done < count, body, [tf.constant(0), *arrays])
        return [array.stack() for array in said]

    def steps(count: int, batches: Any) -> Any:
        said = [tf.unstack(each, count) for each in loop(tf.constant(count), batches)]
        return ([dict(zip(names, each, strict=True)) for each in zip(*said, strict=True)],)

    return steps


def _one_by_one(step: Any) -> Any:
    def steps(count: int, state: Any, batches: Any) -> Any:
        said = []
        for _ in range(count):
            logs, state = step(state, batches)
            said.append(logs)
        return said, state

    return steps


def steps_at_once(setup: Setup, are_heard: bool) -> int:
    """How many steps a call is to take: `train.steps_per_execution`, or what `auto` chooses.

    Args:
        are_heard: whether a person's callbacks hear of each step, which `auto` leaves at that.
    """
    train, per_epoch = setup.config.train, setup.steps_per_epoch
    wanted = train.steps_per_execution
    is_single = keras.backend.backend() == "torch" or train.distribution
    if wanted == "auto":
        if are_heard or is_single or keras.backend.backend() != "tensorflow":
            return 1  # On JAX several take as long.
        most = min(_MOST, per_epoch, int(_SECONDS / _step_seconds(setup)))
        # So that the test error is measured when it is due.
        whole = math.gcd(per_epoch, train.test_every) if train.test_every else 0
        return max((n for n in range(1, most + 1) if whole % n == 0), default=1)
    if is_single and wanted > 1:
        reason = "Keras takes one at a time on PyTorch and over several devices"
        _log.warning("train.steps_per_execution: 1 in place of %d: %s", wanted, reason)
        return 1
    return min(wanted, per_epoch)


def _step_seconds(setup: Setup) -> float:
    """How long a training step takes: three times its forward pass, which changes nothing."""
    split = setup.validation if len(setup.validation) else setup.training
    samples = split.samples[:BATCH]
    logits(setup.model, samples)  # Compiles, as the end of the epoch would.
    began = time.perf_counter()
    logits(setup.model, samples)
    seconds = time.perf_counter() - began
    return 3 * seconds * setup.config.train.batch_size / len(samples)
