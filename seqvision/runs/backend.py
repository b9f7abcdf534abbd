"""What has to be settled before a model is built: threads, seed, determinism, precision."""

import contextlib
from collections.abc import Iterator
from typing import Any

from seqvision.config.schema import Train
from seqvision.cores import available_cores
from seqvision.import_keras import import_keras


def prepare(train: Train, seed: int, cores: int | None = None) -> dict[str, Any]:
    """Set threads, determinism and every random generator; return what was set, for the record.

    Args:
        cores: the processor cores that `threads: auto` is to use; all of them when not given.
    """
    keras = import_keras()

    threads = _set_threads(train, cores) if keras.backend.backend() == "tensorflow" else {}
    keras.utils.set_random_seed(seed)
    if train.deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    return threads


def _set_threads(train: Train, cores: int | None) -> dict[str, int]:
    import tensorflow as tf

    from seqvision.layers.engine import shards

    chosen = train.threads
    # The engine cuts a batch into a shard a thread, which beats threads within an operation.
    inter_op, intra_op = (
        (cores or available_cores(), 1) if chosen == "auto" else (chosen.inter_op, chosen.intra_op)
    )
    # TensorFlow fixes its pools when it first computes; a later run in the process shares them.
    with contextlib.suppress(RuntimeError):
        tf.config.threading.set_inter_op_parallelism_threads(inter_op)
        tf.config.threading.set_intra_op_parallelism_threads(intra_op)
    # Not by the threads of this run, which do not change its numbers: by the machine's cores, so
    # that a run gives the same alone and beside others.
    shard_count = shards.fitting(train.batch_size, available_cores())
    shards.choose(shard_count)
    return {
        "inter_op": tf.config.threading.get_inter_op_parallelism_threads(),
        "intra_op": tf.config.threading.get_intra_op_parallelism_threads(),
        "shards": shard_count,
    }


@contextlib.contextmanager
def precision(policy: str) -> Iterator[None]:
    """Build layers with a Keras dtype policy, such as `mixed_bfloat16`."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
