"""How the graph of a loop over time is made on TensorFlow.

A graph that may be exported, to run on another machine or in another library, is plain: no shards,
which suit this machine's threads, and no functions shared with other graphs of this process.
(TensorFlow forgets the functions of a graph that tf2onnx has converted, by their names; what else
calls them fails from then on.)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import tensorflow as tf

UNROLLED_UP_TO = 64
"""The most time steps that are unrolled in the graph; more run in a while loop.

At 28 steps of gru3 and gru1, on two cores, an unrolled training step takes 0.97 and 0.8 of the time
of one in a loop, and the first one about a second longer, which an epoch makes up for. Unrolling 7
steps in each iteration of a loop is in between, and gains only 2 % at 784 steps.
"""


class Graph(NamedTuple):
    """How to make a graph."""

    unrolled: bool
    exported: bool
    for_inference: bool = False
    """Whether it keeps nothing for a backward pass."""

    def __str__(self) -> str:
        return "unrolled" if self.unrolled else "while loop"


_for_inference: ContextVar[bool] = ContextVar("for_inference", default=False)


@contextmanager
def for_inference() -> Iterator[None]:
    """Make graphs within that are exported and never differentiated.

    A loop then writes its outputs only. What it writes for the way back is more, nothing removes it
    from a graph, and LiteRT copies a whole list to write a step.
    """
    token = _for_inference.set(True)
    try:
        yield
    finally:
        _for_inference.reset(token)


def graph_for(unroll: bool | None, time: int | None, training: bool) -> Graph:
    """Choose how to make the graph of a call.

    Args:
        unroll: the layer's `unroll`; None chooses by the number of steps.
        time: the number of steps; None if it is not known.
        training: whether the call is one in training.
    """
    if unroll is None:
        unroll = time is not None and time <= UNROLLED_UP_TO
    return Graph(unroll, may_be_exported(training), _for_inference.get())


def may_be_exported(training: bool) -> bool:
    """Whether a graph is traced for anything but a Keras model's training and prediction here.

    A Keras model trains, evaluates and predicts within a strategy's `run`, on a single device too;
    it is exported outside of one. Elsewhere a model in training is not meant for export.
    """
    if training or not tf.inside_function():
        return False
    with tf.Graph().as_default():
        outside = tf.distribute.get_replica_context()
    return tf.distribute.get_replica_context() in (None, outside)
