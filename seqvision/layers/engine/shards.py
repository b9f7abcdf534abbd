"""A batch cut into shards that run side by side.

The products of one step are too small for two threads to share well: two threads that each take
half of the batch through all steps finish sooner. TensorFlow runs shards side by side, as
operations that do not depend on each other, when it has a thread for each.

They are for the machine that a model is trained on: a graph that may be exported has none.
"""

from itertools import pairwise
from typing import Any

import tensorflow as tf

from seqvision.cores import available_cores, layers_at_once

IMAGES_A_SHARD = 32
"""The least that a thread multiplies at a time: on one thread, two shards of 32 images run at 0.95
of the speed of one of 64."""

_UNKNOWN = 2 * IMAGES_A_SHARD  # The assumed size of a batch while it is not known.

_chosen: int | None = None
"""Not a context variable: a distribution traces each replica in a thread of its own."""


def chosen() -> int | None:
    """What `choose` was last given."""
    return _chosen


def choose(shards: int | None) -> None:
    """Cut batches into so many shards from now on; None leaves it to the batch and the threads.

    The sum of a gradient over two shards is rounded differently from one sum, so only the same
    shards give the same numbers again.
    """
    global _chosen
    _chosen = shards


def fitting(batch: int, threads: int) -> int:
    """How many shards suit a batch when there are so many threads."""
    return max(1, min(threads, batch // IMAGES_A_SHARD))


def count(batch: int | None) -> int:
    """How many shards to cut a batch into (None: its size is not known yet)."""
    threads = tf.config.threading.get_inter_op_parallelism_threads() or available_cores()
    shards = _chosen or fitting(batch or _UNKNOWN, threads)
    return min(max(1, shards // layers_at_once()), batch or shards)


def cut(tensors: Any, shards: int) -> list[Any]:
    """Cut nested tensors, each `(batch, ...)` or None, into a list of the same nest of parts."""
    if shards == 1:
        return [tensors]
    # If the size is known, later operations need not ask for it.
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
