"""A batch cut into shards that run side by side.

The products of one step are too small for two threads to share well: two threads that each take
half of the batch through all steps finish sooner. TensorFlow runs shards side by side, as
operations that do not depend on each other, when it has a thread for each.
"""

from itertools import pairwise
from typing import Any

import tensorflow as tf

_chosen: int | None = None


def choose(shards: int | None) -> None:
    """Cut batches into so many shards from now on; None leaves it to the threads there are.

    The sum of a gradient over two shards is rounded differently from one sum, so what has to give
    the same numbers again has to be cut the same way.
    """
    global _chosen
    _chosen = shards


def count(batch: int | None) -> int:
    """How many shards to cut a batch into (None: its size is not known yet).

    If `choose` did not say: one for each inter-op thread when each operation has one thread to
    itself, else one.
    """
    threads = tf.config.threading
    if _chosen is not None:
        shards = _chosen
    elif threads.get_intra_op_parallelism_threads() == 1:
        shards = max(1, threads.get_inter_op_parallelism_threads())
    else:
        shards = 1
    return shards if batch is None else max(1, min(shards, batch))


def cut(tensors: Any, shards: int) -> list[Any]:
    """Cut nested tensors, each `(batch, ...)` or None, into a list of the same nest of parts."""
    if shards == 1:
        return [tensors]
    # A size that is known spares every operation after it the question.
    batch = tensors[0].shape[0] or tf.shape(tensors[0])[0]
    edges = [batch * k // shards for k in range(shards + 1)]
    sizes = [high - low for low, high in pairwise(edges)]

    def parts(tensor: Any) -> list[Any]:
        return [None] * shards if tensor is None else tf.split(tensor, sizes)

    flat = [parts(tensor) for tensor in tf.nest.flatten(tensors)]
    return [tf.nest.pack_sequence_as(tensors, part) for part in zip(*flat, strict=True)]


def join(parts: list[Any]) -> Any:
    """Put the nests of shards back together, along the batch."""
    if len(parts) == 1:
        return parts[0]
    return tf.nest.map_structure(lambda *shards: tf.concat(shards, axis=0), *parts)
